"""The files that `prela ingest` reads: which they are, and how they are cut into pieces."""

from __future__ import annotations

import gzip
import io
import itertools
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from prela_cli.failures import WrongRequestFailure
from prela_core.errors import InputError
from prela_core.wire.documents import Piece, Refusal, cut_document, cut_lines

__all__ = ["input_files", "read_pieces"]

_ENDINGS = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")
_GZIP = b"\x1f\x8b"
_STDIN = 0


def input_files(path: Path) -> list[Path]:
    """Give the files that `path` stands for: itself, or those of a folder, by name."""
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.name.endswith(_ENDINGS))
        if not found:
            raise WrongRequestFailure(f"{path} holds no file that ends in {', '.join(_ENDINGS)}")
        return found
    if str(path) != "-" and not path.exists():
        raise WrongRequestFailure(f"there is no file {path}")
    return [path]


def read_pieces(file: Path, watched: Callable[[BinaryIO], BinaryIO]) -> Iterator[Piece | Refusal]:
    """Cut `file` (`-` is standard input), plain or gzip, into pieces.

    `watched` is put around an opened file, to follow how far it has been read. A file that
    can't be read to its end is a `Refusal` after the pieces that came before.
    """
    try:
        with _open(file) as raw:
            packed = raw.peek(2)[:2] == _GZIP
            followed = raw if raw.fileno() == _STDIN else watched(raw)
            yield from _cut(file, gzip.GzipFile(fileobj=followed) if packed else followed)
    except (InputError, OSError, EOFError, zlib.error) as error:
        yield Refusal("file", str(error))


def _open(file: Path) -> io.BufferedReader:
    return open(_STDIN, "rb", closefd=False) if str(file) == "-" else file.open("rb")


def _cut(file: Path, stream: BinaryIO | gzip.GzipFile) -> Iterator[Piece | Refusal]:
    first = stream.readline()
    if _is_lines(file, first):
        yield from cut_lines(itertools.chain([first], stream))
    else:
        yield from cut_document(first + stream.read())


def _is_lines(file: Path, first: bytes) -> bool:
    """Tell JSONL from one JSON document: by the name, or else by a first line that is whole."""
    name = file.name.removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson")):
        return True
    if first.lstrip()[:1] == b"[":
        return False
    try:
        msgspec.json.decode(first)
    except msgspec.MsgspecError:
        # NaN makes a line unreadable here that is whole all the same.
        return first.rstrip().endswith(b"}") and first.count(b"{") == first.count(b"}")
    return True
