"""Runs, spend, ETags, leases, and the file itself."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import SpendLimitError, StateError
from prela_agents.http import Budget, Saved
from prela_agents.model import Failure, Outcome, RunState
from prela_agents.state import BusyError, Database, KeptETags, KeptSpend, Lease, Runs
from prela_core.errors import SettingsError


def test_runs_are_written_down(db: Database, clock: StandingClock) -> None:
    runs = Runs(db, clock)
    runs.start("r1", "scout", live=False, trace_id="t" * 32)
    clock.advance(5)
    outcome = Outcome(counts={"items": 3}, failures=(Failure("x", "down"),), succeeded=2)
    runs.end("r1", outcome)
    runs.start("r2", "radar", live=True, trace_id=None)
    last, first = runs.list()
    assert (None, None, True) == (last.state, last.ended_at, last.live)
    assert (RunState.PARTIAL, outcome) == (first.state, first.outcome)
    assert timedelta(seconds=5) == clock.now() - first.started_at
    assert ["r1"] == [each.id for each in runs.list("scout")]


def test_what_was_spent_is_known_to_the_next_process(tmp_path: Path, clock: StandingClock) -> None:
    path = tmp_path / "state.sqlite"
    with Database(path) as db:
        Budget(KeptSpend(db), 0.01).charge("x", 0.007, clock.now())
    with Database(path) as db:
        book = KeptSpend(db)
        with pytest.raises(SpendLimitError):
            Budget(book, 0.01).charge("x", 0.007, clock.now())
        Budget(book, 0.01).charge("claude", 0.007, clock.now())
        month_ago = clock.now() - timedelta(days=30)
        assert {"x": 0.007, "claude": 0.007} == book.by_platform(month_ago)


def test_answers_are_kept_and_the_oldest_let_go(db: Database, clock: StandingClock) -> None:
    etags = KeptETags(db, clock)
    with db.transaction():
        for n in range(502):
            etags.put(str(n), Saved('"e"', "", "text/html", b"body %d" % n))
            clock.advance(1)
    etags.put("large", Saved('"e"', "", "", bytes(3 * 1024 * 1024)))
    assert (None, None, None) == (etags.get("0"), etags.get("1"), etags.get("large"))
    assert Saved('"e"', "", "text/html", b"body 501") == etags.get("501")
    etags.put("501", Saved('"f"', "", "", b""))
    assert Saved('"f"', "", "", b"") == etags.get("501")


def fill(db: Database) -> None:
    """Let the file grow no further, as on a disk that is full."""
    (row,) = db.rows("PRAGMA page_count")
    db.rows(f"PRAGMA max_page_count = {row[0]}")


def test_a_damaged_file_is_said_in_the_middle_of_reading(
    tmp_path: Path, clock: StandingClock
) -> None:
    path = tmp_path / "state.sqlite"
    with Database(path) as db:
        runs = Runs(db, clock)
        for number in range(200):
            runs.start(f"r{number}", "scout", live=False, trace_id="t" * 32)
        db.tidy()
        begin = db.row("SELECT rootpage AS n FROM sqlite_schema WHERE name = 'runs'")
        assert begin is not None
        pages = path.read_bytes()
    at = 4096 * (begin["n"] - 1)
    path.write_bytes(pages[:at] + b"Z" * 4096 + pages[at + 4096 :])
    with Database(path) as db, pytest.raises(StateError, match=r"state\.sqlite is damaged: .*copy"):
        Runs(db, clock).list()


def test_a_full_disk_is_said_and_what_was_kept_stays(db: Database, clock: StandingClock) -> None:
    runs = Runs(db, clock)
    runs.start("r1", "scout", live=False, trace_id=None)
    fill(db)
    with pytest.raises(StateError, match=r"state\.sqlite can't be used now: its disk is full"):
        runs.end("r1", Outcome(counts={"x" * 100_000: 1}))

    def both() -> None:
        with db.transaction():
            runs.start("r2", "scout", live=False, trace_id=None)
            runs.end("r1", Outcome(counts={"x" * 100_000: 1}))

    with pytest.raises(StateError):
        both()
    assert [("r1", None)] == [(each.id, each.state) for each in runs.list()]


def test_a_disk_without_room_for_what_lies_beside_the_file_is_full(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(db.path)

    def broken(*_: object, **__: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
        raise error

    monkeypatch.setattr("sqlite3.connect", broken)
    with pytest.raises(SettingsError, match="can't be opened: disk I/O error"):
        Database(path)
    left = shutil.disk_usage(tmp_path)._replace(free=4096)
    monkeypatch.setattr("shutil.disk_usage", lambda _: left)
    with pytest.raises(StateError, match="can't be opened now: its disk is full"):
        Database(path)

    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sqlite3.connect", no_room)
    with pytest.raises(StateError, match="its disk is full"):
        Database(path)


HOLD = """
import sys
from pathlib import Path
from prela_agents.http import SystemClock
from prela_agents.state import Database, Lease
directory = Path(sys.argv[1])
with Database(directory / "state.sqlite") as db, Lease(directory, "scout", db, SystemClock()):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_process_has_a_lease_until_it_ends_however_it_ends(
    tmp_path: Path, clock: StandingClock
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    with holder, Database(tmp_path / "state.sqlite") as db:
        assert "held" == holder.stdout.readline().strip()
        with (
            pytest.raises(BusyError, match=f"scout is being run by process {holder.pid}"),
            Lease(tmp_path, "scout", db, clock),
        ):
            pass
        with Lease(tmp_path, "radar", db, clock):
            pass
        assert f"process {holder.pid} on " in (Lease.holder("scout", db) or "")
        holder.kill()
        holder.wait()
        assert Lease.holder("scout", db) is None
        with Lease(tmp_path, "scout", db, clock):
            row = db.row("SELECT holder FROM leases WHERE name = 'scout'")
            assert row is not None
            assert row["holder"].startswith(f"process {os.getpid()} on ")
        assert [] == db.rows("SELECT * FROM leases")


def test_the_file_is_for_its_owner_alone(db: Database) -> None:
    assert isinstance(db.path, Path)
    assert 0o600 == stat.S_IMODE(db.path.stat().st_mode)


def test_a_file_that_can_not_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database at all, but long enough to be looked at")
    with pytest.raises(SettingsError, match="can't be opened"):
        Database(tmp_path / "text")
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(SettingsError, match="newer Prela"):
        Database(newer)


def test_a_block_is_kept_whole_or_not_at_all(db: Database) -> None:
    with db.transaction(), db.transaction():
        db.change("INSERT INTO spend VALUES ('x', 1, 0)")
    with pytest.raises(sqlite3.IntegrityError), db.transaction():  # noqa: PT012 - it is the block
        db.change("INSERT INTO spend VALUES ('x', 1, 0)")
        with db.transaction():
            db.change("INSERT INTO spend VALUES ('x', 1, 0)")
        db.change("INSERT INTO spend VALUES (NULL, 1, 0)")
    assert 1 == len(db.rows("SELECT * FROM spend"))
