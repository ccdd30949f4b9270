"""One process for each agent, and one for the outbox."""

from __future__ import annotations

import fcntl
import os
import re
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from prela_agents.errors import AgentError
from prela_agents.ports import Clock
from prela_agents.state.database import Database
from prela_agents.state.encoding import moment, stamp

__all__ = ["BusyError", "Lease"]


_HOLDER = re.compile(r"process (\d+) on (.+)")


class BusyError(AgentError):
    """Another process has the lease."""


class Lease:
    """Holds `name` for this process while the block lasts.

    The lock is the kernel's (`flock` of a file in `directory`): it ends with the process however
    that ends, and never before. So who gets it knows that the one before is not about to send
    something still, as it would not with a lease that runs out by the clock. Processes that
    share it are therefore on one machine. Raises `BusyError`, which says who has it.
    """

    def __init__(self, directory: Path, name: str, db: Database, clock: Clock) -> None:
        self._path = directory / f"{name}.lock"
        self._name = name
        self._db = db
        self._clock = clock
        self._file: int | None = None

    def __enter__(self) -> Self:
        """Take it."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise BusyError(self._sentence()) from None
        self._file = file
        self._db.change(
            "INSERT OR REPLACE INTO leases VALUES (?, ?, ?)",
            self._name,
            f"process {os.getpid()} on {socket.gethostname()}",
            stamp(self._clock.now()),
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of it."""
        if self._file is not None:
            self._db.change("DELETE FROM leases WHERE name = ?", self._name)
            os.close(self._file)
            self._file = None

    @staticmethod
    def holder(name: str, db: Database) -> str | None:
        """Say who has it, as far as can be told from here; None when it is free.

        What a process of this machine wrote down that is no more is passed over.
        """
        row = db.row("SELECT holder FROM leases WHERE name = ?", name)
        if row is None:
            return None
        holder: str = row["holder"]
        found = _HOLDER.fullmatch(holder)
        here = found is not None and found[2] == socket.gethostname()
        return None if found is not None and here and not _lives(int(found[1])) else holder

    def _sentence(self) -> str:
        row = self._db.row("SELECT * FROM leases WHERE name = ?", self._name)
        by = f"{row['holder']} since {moment(row['taken_at']):%H:%M}" if row else "another process"
        return f"{self._name} is being run by {by}; wait for it, or end that process"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
