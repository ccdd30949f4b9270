from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prela_core.errors import SettingsError
from prela_server.accounts.secret import create_once, load_pepper


def test_a_file_is_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "s"
    assert create_once(path, b"one")
    assert not create_once(path, b"two")
    assert b"one" == path.read_bytes()
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize("attempt", range(20))
def test_all_who_make_it_at_once_agree(tmp_path: Path, attempt: int) -> None:
    threads = 8
    barrier = threading.Barrier(threads)

    def make(n: int) -> tuple[bool, bytes]:
        barrier.wait()
        made = create_once(tmp_path / "s", str(n).encode() * 1000)
        return made, (tmp_path / "s").read_bytes()

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(make, range(threads)))
    (maker,) = (n for n, (made, _) in enumerate(results) if made)
    assert [str(maker).encode() * 1000] * threads == [content for _, content in results]


def test_the_pepper_is_read(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("0f" * 32 + "\n")
    assert b"\x0f" * 32 == load_pepper(path)


@pytest.mark.parametrize("content", ["", "0f" * 31, "0f" * 33, "zz" * 32, "é"])
def test_a_pepper_that_can_not_be_used(tmp_path: Path, content: str) -> None:
    path = tmp_path / "s"
    path.write_text(content, "utf-8")
    with pytest.raises(SettingsError, match="64 hex digits"):
        load_pepper(path)


def test_a_missing_pepper(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is missing"):
        load_pepper(tmp_path / "s")
