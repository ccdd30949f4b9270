"""The files that `prela ingest` reads: which they are, and how they are cut into pieces."""

from __future__ import annotations

import codecs
import gzip
import io
import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from prela_cli.failures import WrongRequestFailure
from prela_core.errors import InputError, MalformedError
from prela_core.store.export.reading import stored_lines
from prela_core.wire.documents import Piece, Refusal, cut_document, cut_lines

__all__ = ["input_files", "read_pieces"]

_ENDINGS = (
    *(".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz"),
    *(".arrow", ".arrows", ".parquet"),
)
_PAIRS = ((b"{", b"}"), (b"[", b"]"))
_GZIP = b"\x1f\x8b"
_STDIN = 0
_PARQUET = b"PAR1"
_ARROW_STREAM = b"\xff\xff\xff\xff"
_ARROW_FILE = b"ARROW1"
_MAGIC = 6
_ROWS = 1000


def input_files(path: Path) -> list[Path]:
    """Give the files that `path` stands for: itself, or those of a folder, by name."""
    if path.is_dir():
        found = sorted(
            file for file in path.rglob("*") if file.name.endswith(_ENDINGS) and file.is_file()
        )
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
            if table := _table_reader(raw):
                yield from cut_lines(stored_lines(table(followed)))
                return
            lines = _Lines(gzip.GzipFile(fileobj=followed) if packed else followed)
            try:
                yield from _cut(file, lines)
            except InputError as error:
                yield Refusal("file", lines.fault or str(error))
            else:
                if lines.fault:
                    yield Refusal("file", lines.fault)
    except (OSError, InputError) as error:
        yield Refusal("file", _reason(error))


def _table_reader(raw: io.BufferedReader) -> Callable[[BinaryIO], Iterator[Any]] | None:
    """Say how a file is read that is a table by its first bytes; None when it is none."""
    head = raw.peek(_MAGIC)[:_MAGIC]
    if head.startswith(_PARQUET):
        return _parquet_batches
    if head.startswith(_ARROW_FILE):
        return partial(_arrow_batches, is_file=True)
    return partial(_arrow_batches, is_file=False) if head.startswith(_ARROW_STREAM) else None


def _parquet_batches(file: BinaryIO) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # A Parquet file is read from its end, which what comes through a pipe has not.
        whole = file if file.seekable() else io.BytesIO(file.read())
        yield from pq.ParquetFile(whole).iter_batches(batch_size=_ROWS)
    except pa.ArrowException as error:
        raise MalformedError(f"the Parquet file can't be read ({error})") from error


def _arrow_batches(file: BinaryIO, *, is_file: bool) -> Iterator[Any]:
    import pyarrow as pa

    try:
        if is_file:
            opened = pa.ipc.open_file(file)
            batches: Iterable[Any] = map(opened.get_batch, range(opened.num_record_batches))
        else:
            batches = pa.ipc.open_stream(file)
        for batch in batches:
            for start in range(0, batch.num_rows, _ROWS):
                yield batch.slice(start, _ROWS)
    except pa.ArrowException as error:
        raise MalformedError(f"the Arrow file can't be read ({error})") from error


def _open(file: Path) -> io.BufferedReader:
    return open(_STDIN, "rb", closefd=False) if str(file) == "-" else file.open("rb")


class _Lines:
    """The lines of a stream, as far as it can be read; `fault` says what ended it early, if so."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream
        self.fault = ""

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except (OSError, EOFError, zlib.error) as error:
            self.fault = _reason(error)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _cut(file: Path, stream: Iterable[bytes]) -> Iterator[Piece | Refusal]:
    lines = iter(stream)
    head: list[bytes] = []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    if not head or not head[-1].strip():
        return
    if _named_lines(file) or _is_whole(head[-1]):
        yield from cut_lines(itertools.chain(head, lines))
        return
    head += lines
    try:
        yield from cut_document(b"".join(head))
    except MalformedError:
        # A document has no line that is an object of its own; lines below a bad first one have.
        if not any(map(_is_whole, head[1:])):
            raise
        yield from cut_lines(head)


def _named_lines(file: Path) -> bool:
    return file.name.removesuffix(".gz").endswith((".jsonl", ".ndjson"))


def _is_whole(line: bytes) -> bool:
    """Say whether a line is a JSON object, or a list of some, by itself."""
    line = line.strip().removeprefix(codecs.BOM_UTF8)
    if not (line.startswith((b"{", b"[{")) and line.endswith((b"}", b"}]"))):
        return False
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.MsgspecError, RecursionError):
        # NaN makes a line unreadable here that is whole all the same.
        return all(line.count(one) == line.count(other) for one, other in _PAIRS)
    return True
