from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from prela_cli.failures import Failure, WrongRequestFailure
from prela_cli.output_files import appearing


def write(file: Path, text: bytes = b"new") -> None:
    with appearing(file) as out:
        out.write(text)


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_a_new_file_is_of_its_user_alone(tmp_path: Path) -> None:
    write(tmp_path / "a")

    assert b"new" == (tmp_path / "a").read_bytes()
    assert 0o600 == mode_of(tmp_path / "a")


def test_a_file_that_was_there_keeps_its_mode_and_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o640)
    (tmp_path / "a.part").write_bytes(b"another")
    write(tmp_path / "a")

    assert b"new" == (tmp_path / "a").read_bytes()
    assert 0o640 == mode_of(tmp_path / "a")
    assert b"another" == (tmp_path / "a.part").read_bytes()
    assert 2 == len(list(tmp_path.iterdir()))


@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_is_followed(tmp_path: Path, is_there: bool) -> None:  # noqa: FBT001 - pytest's
    (tmp_path / "to").mkdir()
    target = tmp_path / "to" / "target"
    if is_there:
        target.write_bytes(b"old")
    (tmp_path / "link").symlink_to("to/target")
    write(tmp_path / "link")

    assert (tmp_path / "link").is_symlink()
    assert b"new" == target.read_bytes()
    assert [target] == list((tmp_path / "to").iterdir())


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reading = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reading.start()
    write(pipe)
    reading.join()

    assert [b"new"] == read
    assert pipe.is_fifo()


def fail_with(error: Exception, file: Path) -> None:
    with appearing(file) as out:
        out.write(b"half")
        raise error


def test_a_file_that_can_not_be_completed_does_not_appear(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(KeyError):
        fail_with(KeyError("of the store"), tmp_path / "a")
    with pytest.raises(Failure, match=r"/a can't be written \(No space left") as failed:
        fail_with(OSError(28, "No space left on device"), tmp_path / "a")

    assert 1 == failed.value.exit_code
    assert b"old" == (tmp_path / "a").read_bytes()
    assert 1 == len(list(tmp_path.iterdir()))


@pytest.mark.parametrize("name", ["no/a", "file/a"])
def test_a_file_that_can_not_be_made_is_a_wrong_request(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WrongRequestFailure, match="/a can't be written"):
        write(tmp_path / name)
