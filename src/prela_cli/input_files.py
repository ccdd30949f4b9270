"""The files that `prela import` reads: which they are, and their opening."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from prela_cli.failures import WrongRequestFailure
from prela_core.io.span_files import SPAN_FILE_ENDINGS, read_pieces
from prela_core.wire.documents import Piece, Refusal

__all__ = ["input_files", "pieces_of"]

_STDIN = 0


def input_files(path: Path) -> list[Path]:
    """Give the files that `path` stands for: itself, or those of a folder, by name."""
    if path.is_dir():
        found = sorted(
            file
            for file in path.rglob("*")
            if file.name.endswith(SPAN_FILE_ENDINGS) and file.is_file()
        )
        if not found:
            endings = ", ".join(SPAN_FILE_ENDINGS)
            raise WrongRequestFailure(f"{path} holds no file that ends in {endings}")
        return found
    if str(path) != "-" and not path.exists():
        raise WrongRequestFailure(f"there is no file {path}")
    return [path]


def pieces_of(file: Path, watched: Callable[[BinaryIO], BinaryIO]) -> Iterator[Piece | Refusal]:
    """Cut `file` (`-` is standard input) into pieces; `watched` follows how far it is read."""
    is_stdin = str(file) == "-"
    try:
        with _opened(file) as raw:
            yield from read_pieces(raw, file.name, (lambda raw: raw) if is_stdin else watched)
    except OSError as error:
        yield Refusal("file", error.strerror or str(error))


def _opened(file: Path) -> io.BufferedReader:
    return open(_STDIN, "rb", closefd=False) if str(file) == "-" else file.open("rb")
