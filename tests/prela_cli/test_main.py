from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType

import click
import pytest
from click.testing import Result

from prela_cli import __main__, main
from prela_cli.main import COMMANDS, prela
from prela_core import __version__

Run = Callable[..., Result]


def built(name: str) -> bool:
    return importlib.util.find_spec(f"prela_cli.{name}") is not None


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_with_an_example(name: str) -> None:
    if not built(name):
        pytest.skip(f"prela_cli.{name} is not here")
    command = getattr(importlib.import_module(f"prela_cli.{name}"), name)

    assert isinstance(command, click.Command)
    help_text = command.help or ""
    assert len(help_text) > 40
    assert "Example" in help_text
    assert f"prela {name}" in help_text
    assert help_text.isascii()
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[0]} has no help"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_summary_fits_a_line_of_help(name: str) -> None:
    summary = COMMANDS[name].summary

    assert summary.endswith(".")
    assert len(summary) <= 64


def test_help_lists_every_command_and_the_exit_codes(run: Run) -> None:
    result = run("--help")

    assert result.exit_code == 0
    assert all(f"  {name} " in result.output for name in COMMANDS)
    assert "Exit codes: 0" in result.output
    assert "3 no such trace, span or key." in " ".join(result.output.split())


def test_help_and_version_import_no_command_and_no_store() -> None:
    program = (
        "import sys; from prela_cli.main import prela\n"
        "for word in ('--help', '--version'):\n"
        "    try: prela([word], prog_name='prela')\n"
        "    except SystemExit: pass\n"
        "print(sorted(sys.modules))"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert f"prela, version {__version__}" in output
    for heavy in ("prela_cli.query", "prela_core.store", "rich", "chdb", "httpx"):
        assert f"'{heavy}'" not in output


def test_an_unknown_command_is_a_wrong_command_line(run: Run) -> None:
    result = run("explode")

    assert result.exit_code == 2
    assert "No such command" in result.output


def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> ModuleType:
        raise ModuleNotFoundError("No module named 'uvicorn'", name="uvicorn")

    monkeypatch.setattr(main, "import_module", missing)
    result = run("serve")

    assert result.exit_code == 1
    assert result.stderr == (
        "prela: `prela serve` needs the server and embedded parts (uvicorn is missing): "
        "pip install 'prela-core[server,embedded]'\n"
    )


def test_a_library_found_missing_while_running_is_named_too(run: Run, reader: object) -> None:
    reader.error = ModuleNotFoundError("No module named 'chdb'", name="chdb")  # type: ignore[attr-defined]  # conftest's FakeReader
    result = run("query")

    assert result.exit_code == 1
    assert "pip install 'prela-core[embedded]'" in result.stderr


def test_a_command_that_is_not_here_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "absent", main.Entry("Not here."))

    assert run("absent").stderr == "prela: `prela absent` is not part of this installation\n"


def test_without_click_the_program_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "click", None)

    with pytest.raises(SystemExit) as ended:
        __main__.main()

    assert ended.value.code == 1
    assert 'pip install "prela-core[cli]"' in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(run: Run, shell: str) -> None:
    result = run("completion", shell)

    assert result.exit_code == 0
    assert f"_PRELA_COMPLETE={shell}_complete" in result.output


def test_names_are_completed_without_importing_commands() -> None:
    environment = os.environ | {
        "_PRELA_COMPLETE": "bash_complete",
        "COMP_WORDS": "prela se",
        "COMP_CWORD": "1",
    }
    output = subprocess.run(
        [sys.executable, "-m", "prela_cli"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert output.splitlines() == ["plain,serve", "plain,search"]


def test_the_group_is_the_one_the_script_runs() -> None:
    assert isinstance(prela, main.LazyGroup)
