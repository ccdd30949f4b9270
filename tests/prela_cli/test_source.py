from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import pytest
from tests.programs import prela, start

from prela_cli import source
from prela_cli.source import find_server, open_source
from prela_core.errors import DataDirectoryBusyError, InvalidError
from prela_core.io import data_directory
from prela_core.io.data_directory import DataDirectory
from prela_core.store import Order, PageRequest, TraceFilter


def test_a_directory_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    done = prela("query", "--data-dir", missing)

    assert (2, "") == (done.code, done.stdout)
    assert done.stderr.startswith(f"prela: {missing} does not exist, so there are no traces in it")
    assert not missing.exists()
    with pytest.raises(InvalidError), open_source(missing, None, None):
        pass


@pytest.mark.parametrize("inside", [".", "store", "sub/deep"])
def test_reading_makes_no_store_in_a_directory_of_something_else(
    tmp_path: Path, inside: str
) -> None:
    (tmp_path / inside).mkdir(parents=True, exist_ok=True)
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(InvalidError, match="has no store, so there are no traces in it"):
        open_source(tmp_path, None, None).__enter__()
    assert before == sorted(tmp_path.rglob("*"))


@pytest.mark.parametrize("command", [["query"], ["serve", "--port", 0], ["ingest", "-"]])
@pytest.mark.parametrize(
    ("path", "reason"), [("file/sub", "Not a directory"), ("locked", "Is a directory")]
)
def test_a_directory_that_can_not_be_used_is_one_sentence(
    command: list[object], path: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "locked" / "prela.lock").mkdir(parents=True)
    done = prela(*command, "--data-dir", tmp_path / path)

    assert (2, "") == (done.code, done.stdout)
    said = done.stderr.splitlines()[-1]
    assert f"prela: the data directory {tmp_path / path} can't be used ({reason}); " in said


def test_a_query_waits_while_another_short_command_has_the_directory(tmp_path: Path) -> None:
    with DataDirectory(tmp_path, command="prela") as held:
        waiting = start(["query", "--data-dir", tmp_path])
        # Nothing tells from outside that it waits; it must not have ended when it is let in.
        with suppress(Exception):
            waiting.wait(1.5)
        assert waiting.poll() is None
        held.release()
    assert waiting.stderr is not None
    with waiting.stderr as stderr:
        assert (0, "") == (waiting.wait(60), stderr.read())


def test_who_has_the_directory_for_too_long_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_PATIENCE", 0.1)
    with (
        DataDirectory(tmp_path, command="prela ingest"),
        pytest.raises(DataDirectoryBusyError, match=r"open in `prela ingest` \(process \d+\)"),
        open_source(tmp_path, None, None),
    ):
        pass


def test_a_server_that_is_being_started_is_waited_for(tmp_path: Path) -> None:
    asked = threading.Event()

    with DataDirectory(tmp_path, command="prela serve") as held:

        def answer() -> None:
            asked.wait()
            held.announce("http://127.0.0.1:7")

        starting = threading.Thread(target=answer)
        starting.start()
        asked.set()
        found = find_server(tmp_path, None, None)
        starting.join()

    assert found is not None
    with found:
        assert "http://127.0.0.1:7" == found.url


def test_a_named_server_is_asked_whoever_has_the_directory(tmp_path: Path) -> None:
    with DataDirectory(tmp_path, command="prela serve") as held:
        held.announce("http://127.0.0.1:7")
        found = find_server(tmp_path, "http://prela.test", None)

    assert found is not None
    with found:
        assert "http://prela.test" == found.url


@pytest.mark.parametrize("left", [b"", b"{", b'{"pid":1,"command":"prela serve","url":"http://x"}'])
def test_what_a_killed_holder_left_behind_means_nobody(tmp_path: Path, left: bytes) -> None:
    (tmp_path / data_directory._LOCK).write_bytes(left)

    assert find_server(tmp_path, None, None) is None
    with open_source(tmp_path, None, None) as reader:
        page = reader.traces("default", TraceFilter(), Order.NEWEST, PageRequest())
    assert [] == page.items


def test_an_empty_data_directory_is_none_and_not_the_current_one(tmp_path: Path) -> None:
    default = tmp_path / "default"
    done = prela("query", "--data-dir", "", PRELA_DATA_DIR=str(default))

    assert 2 == done.code
    assert done.stderr.startswith(f"prela: {default} does not exist")
