from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

import prela_core
from prela_core.errors import DataDirectoryBusyError, SettingsError
from prela_core.io.data_directory import (
    DataDirectory,
    Holder,
    default_data_directory,
    holder_of,
)
from prela_core.testing import ManualClock

SOURCE = Path(prela_core.__file__).parents[1]

HOLDING = """
import sys; sys.path.insert(0, {source!r})
from pathlib import Path
from prela_core.io.data_directory import DataDirectory
directory = DataDirectory(Path({path!r}), command="prela serve").acquire()
directory.announce("http://127.0.0.1:8000")
print("held", flush=True)
sys.stdin.readline()
directory.release()
print("released", flush=True)
sys.stdin.readline()
"""


@contextmanager
def another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold `path` in a process of its own until a line is written to it."""
    program = HOLDING.format(source=str(SOURCE), path=str(path))
    with subprocess.Popen(
        [sys.executable, "-I", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "held\n" == process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def tell(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline()


def test_only_one_process_holds_it_and_the_other_is_told_who(tmp_path: Path) -> None:
    with another_process(tmp_path) as other:
        assert Holder(other.pid, "prela serve", "http://127.0.0.1:8000") == holder_of(tmp_path)
        with pytest.raises(DataDirectoryBusyError) as refusal:
            DataDirectory(tmp_path, command="test").acquire()
        for said in ("prela serve", str(other.pid), "--url http://127.0.0.1:8000", str(tmp_path)):
            assert said in str(refusal.value)
        assert "released\n" == tell(other)
        assert None is holder_of(tmp_path)
        with DataDirectory(tmp_path, command="test").acquire():
            assert Holder(os.getpid(), "test") == holder_of(tmp_path)


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with another_process(tmp_path) as other:
        other.kill()
        other.wait()
        assert None is holder_of(tmp_path)
        DataDirectory(tmp_path, command="test").acquire().release()


def test_it_waits_as_long_as_it_is_told(tmp_path: Path) -> None:
    clock = ManualClock()
    with (
        DataDirectory(tmp_path, command="first").acquire(),
        pytest.raises(DataDirectoryBusyError),
    ):
        DataDirectory(tmp_path, command="second").acquire(
            patience=2.0, sleep=clock.sleep, clock=clock.monotonic
        )
    assert 2.0 <= clock.monotonic() < 2.2


def test_it_takes_what_is_let_go_meanwhile(tmp_path: Path) -> None:
    first = DataDirectory(tmp_path, command="first").acquire()
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        first.release()

    with DataDirectory(tmp_path, command="second").acquire(patience=60.0, sleep=sleep):
        assert "second" == _holder(tmp_path).command
    assert 1 == len(naps)


def _holder(path: Path) -> Holder:
    holder = holder_of(path)
    assert holder is not None
    return holder


def test_nobody_holds_what_does_not_exist(tmp_path: Path) -> None:
    assert None is holder_of(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    with DataDirectory(path, command="test") as held:
        assert 0o700 == path.stat().st_mode & 0o777
        assert 0o600 == (path / "prela.lock").stat().st_mode & 0o777
        assert path / "store" == held.store_path


def test_one_that_can_not_be_made_is_said_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "sub"
    with pytest.raises(SettingsError) as refusal:
        DataDirectory(path, command="test").acquire()
    assert f"the data directory {path} can't be used (Not a directory)" in str(refusal.value)


def test_one_whose_lock_can_not_be_opened_is_said_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "prela.lock").mkdir()
    with pytest.raises(SettingsError, match=r"can't be used \(Is a directory\); .* --data-dir"):
        DataDirectory(tmp_path, command="test").acquire()


def test_leaving_lets_go_also_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), DataDirectory(tmp_path, command="test"):
        raise ZeroDivisionError
    assert None is holder_of(tmp_path)


def test_a_context_takes_over_what_is_held(tmp_path: Path) -> None:
    held = DataDirectory(tmp_path, command="test").acquire()
    with held:
        pass
    assert None is holder_of(tmp_path)
    held.release()


def test_announcing_without_holding_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        DataDirectory(tmp_path, command="test").announce("http://127.0.0.1:1")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid":"x"}', "\0" * 9])
def test_an_unreadable_note_still_says_that_it_is_held(tmp_path: Path, text: str) -> None:
    with DataDirectory(tmp_path, command="test"):
        (tmp_path / "prela.lock").write_text(text)
        assert Holder(0, "another process") == holder_of(tmp_path)
        with pytest.raises(DataDirectoryBusyError, match="another process"):
            DataDirectory(tmp_path, command="second").acquire()


def test_a_shorter_note_leaves_nothing_of_a_longer_one(tmp_path: Path) -> None:
    with DataDirectory(tmp_path, command="x" * 500) as held:
        held.announce("http://127.0.0.1:8000/" + "y" * 500)
        held.announce("http://[::1]:1")
        assert "http://[::1]:1" == _holder(tmp_path).url


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (None, lambda home: home / ".prela"),
        ("", lambda home: home / ".prela"),
        ("~/data", lambda home: home / "data"),
        ("/var/prela", lambda _home: Path("/var/prela")),
    ],
)
def test_where_it_is_unless_told(
    setting: str | None,
    expected: Callable[[Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PRELA_DATA_DIR", raising=False)
    if setting is not None:
        monkeypatch.setenv("PRELA_DATA_DIR", setting)
    assert expected(tmp_path) == default_data_directory()


def test_those_who_only_look_do_not_take_each_other_for_the_holder(tmp_path: Path) -> None:
    stale = Holder(1, "prela serve", "http://127.0.0.1:1")
    (tmp_path / "prela.lock").write_bytes(msgspec.json.encode(stale))
    with (tmp_path / "prela.lock").open("rb") as another:
        fcntl.flock(another, fcntl.LOCK_SH)  # what a look holds for a moment
        assert holder_of(tmp_path) is None
