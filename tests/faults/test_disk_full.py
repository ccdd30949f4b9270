"""The disk is full for a while."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Server, assert_problem, await_that
from tests.faults.conftest import Ledger, make_request

pytestmark = pytest.mark.slow

RECOVERY_SECONDS = 10.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    mountpoint = tmp_path / "disk"
    mountpoint.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(mountpoint)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"a small file system can't be mounted here: {done.stderr.strip()}")
    try:
        yield mountpoint
    finally:
        subprocess.run(["umount", "--lazy", str(mountpoint)], check=True)


def _fill(path: Path) -> None:
    """Take all the room there is."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(os.urandom(65536))
        except OSError:
            return


def test_a_full_disk_is_503_and_over_when_there_is_room_again(small_disk: Path) -> None:
    chance = random.Random(20260115)  # noqa: S311 - repeatable on purpose
    server = Server(small_disk / "data")
    ledger, late = Ledger(), Ledger()
    try:
        server.start()
        for number in range(5):
            ledger.send(server.api.post, make_request(chance, f"before-{number}"))
        assert ledger.answers == {200: 5}

        # What is in the journal only is seen when there is room: this asks for it before.
        ledger.assert_kept(server.api)
        late.send(server.api.post, make_request(chance, "just-before"))
        assert late.answers == {200: 1}
        _fill(small_disk / "filler")
        for number in range(5):
            request = make_request(chance, f"full-{number}")
            ledger.sent |= request.ids
            assert_problem(server.api.post(request.path, request.body), 503)
        assert server.api.read("/health") == {"status": "healthy"}
        ledger.assert_kept(server.api)

        (small_disk / "filler").unlink()
        last = make_request(chance, "after")
        await_that(
            lambda: ledger.send(server.api.post, last) and last.ids <= ledger.accepted,
            "an accepted span",
            seconds=RECOVERY_SECONDS,
        )
        ledger.assert_kept(server.api)
        late.assert_kept(server.api)
        assert server.stop() == 0
        server.start()
        ledger.assert_kept(server.api)
        late.assert_kept(server.api)
        ledger.accepted |= late.accepted
        ledger.sent |= late.sent
        ledger.assert_listed(server.api)
    finally:
        server.end()
