from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import Result

from prela_cli import __main__, main
from prela_cli.main import COMMANDS, prela
from prela_core import __version__
from prela_core.io.data_directory import DataDirectory

Run = Callable[..., Result]


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
    assert "did you mean" not in result.output


@pytest.mark.parametrize(("typed", "meant"), [("qurey", "query"), ("Show", "show"), ("ls", None)])
def test_a_command_that_is_nearly_known_is_named(run: Run, typed: str, meant: str | None) -> None:
    result = run(typed)

    assert result.exit_code == 2
    asked = f"No such command {typed!r}" + (f"; did you mean {meant}?" if meant else ".")
    assert asked in result.stderr


@pytest.mark.parametrize("words", [["query", "\udcff"], ["\udcff"], ["show", "--url", "x\udce9"]])
def test_what_is_no_text_is_refused_by_every_command(
    run: Run, reader: object, words: list[str]
) -> None:
    result = run(*words)

    assert 2 == result.exit_code
    assert re.match(r"prela: x?\\x(ff|e9) is no UTF-8: write text in UTF-8", result.stderr)


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
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])  # to which it adds

    with pytest.raises(SystemExit) as ended:
        __main__.main()

    assert ended.value.code == 1
    assert 'pip install "prela-core[cli]"' in capsys.readouterr().err


def test_pandas_is_loaded_for_nothing(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    sent = tmp_path / "sent.json"
    sent.write_text('{"trace_id": "t", "span_id": "s", "name": "n"}')
    program = (
        "import atexit, sys; from prela_cli.__main__ import main\n"
        "atexit.register(lambda: print(sorted(sys.modules), file=sys.stderr))\n"
        f"sys.argv = ['prela', 'ingest', {str(sent)!r}, '--data-dir', {str(tmp_path / 'data')!r}]\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert "'pyarrow.lib'" in done.stderr
    assert "'pandas.core'" not in done.stderr


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

    assert output.splitlines() == ["plain,serve", "plain,session", "plain,search"]


def test_the_group_is_the_one_the_script_runs() -> None:
    assert isinstance(prela, main.LazyGroup)


def in_a_shell(line: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    """Run `line`, in which `$PRELA` is the command and `$DATA` an empty data directory."""
    with DataDirectory(data_dir, command="prela"):
        pass
    environment = {name: value for name, value in os.environ.items() if name[:6] != "PRELA_"}
    return subprocess.run(
        ["sh", "-c", line],
        env=environment | {"PRELA": f"{sys.executable} -m prela_cli", "DATA": str(data_dir)},
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    "words", ["--help", "query --help", "query --data-dir $DATA", "query --json --data-dir $DATA"]
)
def test_output_that_can_not_be_written_is_one_sentence(words: str, tmp_path: Path) -> None:
    ended = in_a_shell(f"$PRELA {words} >/dev/full", tmp_path / "data")

    assert (1, "prela: can't write the output: No space left on device\n") == (
        ended.returncode,
        ended.stderr,
    )


@pytest.mark.parametrize("words", ["query --json", "ingest -"])
def test_closed_streams_are_as_empty_ones(words: str, tmp_path: Path) -> None:
    whole = in_a_shell(f"$PRELA {words} --data-dir $DATA </dev/null", tmp_path / "data")
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        assert_as_empty(whole, words, closed, tmp_path / "data")


def assert_as_empty(
    whole: subprocess.CompletedProcess[str], words: str, closed: str, data_dir: Path
) -> None:
    ended = in_a_shell(f"$PRELA {words} --data-dir $DATA </dev/null {closed}", data_dir)

    assert 0 == whole.returncode
    assert 0 == ended.returncode
    assert ("" if ">&-" in closed.split() else whole.stdout) == ended.stdout
    assert ("" if "2>&-" in closed else whole.stderr) == ended.stderr


def test_nobody_who_reads_on_is_no_error(tmp_path: Path) -> None:
    ended = in_a_shell("$PRELA query --json --data-dir $DATA | true", tmp_path / "data")

    assert (0, "") == (ended.returncode, ended.stderr)
