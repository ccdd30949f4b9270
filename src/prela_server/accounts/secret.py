"""The pepper: a random secret of a data directory, without which its key hashes say nothing.

It lives in a file of its own, so that a copy of the database alone (a backup, a leaked
snapshot) can't be used to check guesses.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from prela_core.errors import SettingsError

__all__ = ["PEPPER_BYTES", "create_once", "load_pepper"]

PEPPER_BYTES = 32


def create_once(path: Path, content: bytes) -> bool:
    """Make the file `path` with `content` and mode 0600, unless it exists; durable on return.

    Of any number of processes that do this at once, one gets True; nobody ever sees a part
    of a file. Raises OSError as the file system does.
    """
    if path.exists():
        return False
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link never replaces what is there, and unlike an exclusive open it
        # shows the file only once it is whole.
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)  # noqa: PTH108 - mkstemp speaks of paths as strings
    _sync_directory(path.parent)
    return True


def load_pepper(path: Path) -> bytes:
    """Read the pepper: 64 hex digits in `path`. Raises `SettingsError` when it is not there."""
    try:
        pepper = bytes.fromhex(path.read_text("ascii"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path} is missing, and without it no key of {path.parent} can be checked: put it "
            "back, or remove accounts.sqlite3 too and create new keys"
        ) from None
    except ValueError:
        pepper = b""
    if len(pepper) != PEPPER_BYTES:
        raise SettingsError(f"{path} must hold {2 * PEPPER_BYTES} hex digits and nothing else")
    return pepper


def _sync_directory(path: Path) -> None:
    if os.name == "nt":  # directories can't be opened there
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
