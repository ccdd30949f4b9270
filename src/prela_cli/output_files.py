"""Files that commands write: whole or not at all, and for their owner alone."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from prela_cli.failures import Failure, WrongRequestFailure

__all__ = ["appearing"]


@contextmanager
def appearing(file: Path) -> Iterator[IO[bytes]]:
    """Open a file for writing that is there under its name only when all of it was written.

    A link is followed. A file that was there keeps its mode, a new one is this user's alone.
    What is there and no regular file, such as a pipe or a device, is written straight into. A
    file that can't be made is a `WrongRequestFailure`, one that can't be completed a `Failure`.
    """
    try:
        out, unfinished = _opened(file)
    except OSError as error:
        raise WrongRequestFailure(_sentence(file, error)) from error
    try:
        with out:
            yield out
            out.flush()
            if unfinished is not None:
                os.fsync(out.fileno())
        if unfinished is not None:
            unfinished.replace(os.path.realpath(file))
    except BaseException as error:
        if unfinished is not None:
            with suppress(OSError):
                unfinished.unlink()
        if isinstance(error, OSError):
            raise Failure(_sentence(file, error)) from error
        raise


def _opened(file: Path) -> tuple[IO[bytes], Path | None]:
    """Open what is written to, and give its path when it is to be renamed at the end."""
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        return file.open("wb"), None
    if mode is not None and not os.access(file, os.W_OK):
        file.open("ab").close()  # says why not
    folder = Path(os.path.realpath(file)).parent
    number, name = tempfile.mkstemp(prefix=".prela-", suffix=".part", dir=folder)
    if mode is not None:
        os.fchmod(number, stat.S_IMODE(mode))
    return os.fdopen(number, "wb"), Path(name)


def _sentence(file: Path, error: OSError) -> str:
    return f"{file} can't be written ({error.strerror or error})"
