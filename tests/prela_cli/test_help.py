"""Every command of the tree says what it does, with examples that its options can read."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from inspect import cleandoc
from itertools import groupby

import click
import pytest

from prela_cli.main import prela

_CONTEXT = click.Context(prela, info_name="prela")
_PUNCTUATION = "();<>|&"


def walk(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(_CONTEXT):
            inner = command.get_command(_CONTEXT, name)
            assert inner is not None, f"{name} is listed and not there"
            yield from walk(inner, (*path, name))


COMMANDS = dict(walk(prela))


def shown(path: tuple[str, ...]) -> list[str]:
    """Give the lines of a command's help below `Example:`."""
    help_text = cleandoc(COMMANDS[path].help or "")
    assert "\b\nExample:\n" in help_text, "the help has no example, or click joins its lines"
    lines = help_text.partition("\b\nExample:\n")[2].splitlines()
    return [line.strip() for line in lines if line.strip()]


@pytest.fixture(params=COMMANDS, ids=lambda path: " ".join(path) or "prela")
def path(request: pytest.FixtureRequest) -> tuple[str, ...]:
    found: tuple[str, ...] = request.param
    return found


def test_every_command_says_what_it_does(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    help_text = command.help or ""

    assert len(help_text) > 40
    assert help_text.isascii()
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.opts[0]} has no help"


def test_every_command_has_an_example_of_itself(path: tuple[str, ...]) -> None:
    name = " ".join(("prela", *path))

    assert any(re.search(rf"{re.escape(name)}\b", line) for line in shown(path))


def test_examples_fit_a_terminal_of_80_columns(path: tuple[str, ...]) -> None:
    assert [] == [line for line in shown(path) if len(line) > 76]


def test_every_example_is_a_command_line_that_can_be_read(path: tuple[str, ...]) -> None:
    for line in shown(path):
        for words in _commands(line):
            if words[0] == "prela":
                _read(words[1:], line)


def _commands(line: str) -> list[list[str]]:
    """Split a line of a shell into its commands, and those into words."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=_PUNCTUATION)
    lexer.whitespace_split = True
    parts = groupby(lexer, key=lambda word: set(word) <= set(_PUNCTUATION))
    return [list(words) for is_punctuation, words in parts if not is_punctuation]


def _read(words: list[str], line: str) -> None:
    """Follow a command line down the tree; its options must be there and take what stands there."""
    command: click.Command = prela
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(_CONTEXT, words[0])
        assert inner is not None, f"{line!r}: {words[0]} is no command"
        command, words = inner, words[1:]
    parser = command.make_parser(click.Context(command, info_name=line))
    try:
        parser.parse_args(args=list(words))
    except click.UsageError as error:
        pytest.fail(f"{line!r}: {error.format_message()}")
