"""Where settings come from: the environment, and a file of lines `NAME=value`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
from dotenv.parser import Binding, parse_stream

from prela_core.errors import SettingsError

__all__ = ["Found", "from_environment", "from_file"]


@attrs.frozen
class Found:
    """The text of a variable; `origin` is where it was found, in words."""

    name: str
    text: str = attrs.field(repr=False)
    origin: str


def from_environment(environ: Mapping[str, str]) -> dict[str, Found]:
    """Give the variables of the process; one that is empty is the same as none."""
    return {
        name: Found(name, text.strip(), "environment")
        for name, text in environ.items()
        if text.strip()
    }


def from_file(path: Path) -> dict[str, Found]:
    """Read a file as `.env` files are written: quotes and comments, `export` allowed.

    Nothing is put in for `$NAME`. Raises `SettingsError` that names each line that is none, and
    says nothing of what is in it.
    """
    try:
        with path.open(encoding="utf-8") as file:
            bindings = list(parse_stream(file))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise SettingsError(f"{path} can't be read: {reason}") from error
    wrong = [
        f"{path} line {_line(binding)}: it is not of the form NAME=value"
        for binding in bindings
        if binding.error or (binding.key is not None and binding.value is None)
    ]
    if wrong:
        raise SettingsError(*wrong)
    return dict(_found(path, bindings))


def _found(path: Path, bindings: list[Binding]) -> Iterator[tuple[str, Found]]:
    for binding in bindings:
        name, text = binding.key, (binding.value or "").strip()
        if name and text:
            yield name, Found(name, text, f"{path} line {_line(binding)}")


def _line(binding: Binding) -> int:
    """Give the line that a binding stands in; empty lines before it are counted to it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
