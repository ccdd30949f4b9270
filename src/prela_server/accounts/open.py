"""Opening the accounts of a data directory with the real clock and real randomness."""

from __future__ import annotations

import time
from pathlib import Path

from prela_server.accounts.cached import CachedAccounts
from prela_server.accounts.sqlite import SqliteAccounts

__all__ = ["open_accounts"]


def open_accounts(data_dir: Path, *, create: bool = True) -> CachedAccounts:
    """Open the accounts in `data_dir`, made if missing unless `create` is False.

    Raises `SettingsError` and `UnavailableError` as `SqliteAccounts` says.
    """
    return CachedAccounts(SqliteAccounts(data_dir, now=_now_micros, create=create))


def _now_micros() -> int:
    return time.time_ns() // 1000
