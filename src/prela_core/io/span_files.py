"""Files of spans, of whatever form: what they begin with says which."""

from __future__ import annotations

import codecs
import gzip
import io
import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, BinaryIO, cast

import msgspec

from prela_core.errors import InputError, MalformedError
from prela_core.store.export.reading import stored_lines
from prela_core.wire.documents import Piece, Refusal, cut_document, cut_lines, cut_requests
from prela_core.wire.otlp_cuts import is_framed, is_protobuf, read_frames

__all__ = ["SPAN_FILE_ENDINGS", "read_pieces"]

_TEXTS = (".json", ".jsonl", ".ndjson")
_TABLES = {".arrow": "Arrow", ".arrows": "Arrow", ".parquet": "Parquet"}
_PROTOBUF = (".pb", ".binpb")

SPAN_FILE_ENDINGS = (*_TEXTS, *(f"{one}.gz" for one in _TEXTS), *_TABLES, *_PROTOBUF)
"""How the names of files end that hold spans, to find them among others."""

_PAIRS = ((b"{", b"}"), (b"[", b"]"))
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_ARROW_STREAM = b"\xff\xff\xff\xff"
_ARROW_FILE = b"ARROW1"
_HEAD = 16
_BROKEN = (OSError, EOFError, zlib.error)
_ROWS = 1000


def read_pieces(
    raw: io.BufferedReader, name: str, watched: Callable[[BinaryIO], BinaryIO] = lambda raw: raw
) -> Iterator[Piece | Refusal]:
    """Cut an opened file of that name into pieces: JSON and OTLP, plain or gzip, and exports.

    `watched` is put around what is read, to follow how far that is. A file that can't be read to
    its end is a `Refusal` after the pieces that came before.
    """
    try:
        packed = raw.peek(_HEAD)[: len(_GZIP)] == _GZIP
        followed = watched(raw)
        if table := _table_reader(raw, name):
            yield from cut_lines(stored_lines(table(followed)))
            return
        stream = gzip.GzipFile(fileobj=followed) if packed else _buffered(followed)
        begins = stream.peek(_HEAD)[:_HEAD]
        if is_framed(begins):
            yield from cut_requests(read_frames(stream.read))
            return
        lines = _Lines(stream)
        try:
            yield from _cut(name, lines, begins)
        except InputError as error:
            yield Refusal("file", lines.fault or str(error))
        else:
            if lines.fault:
                yield Refusal("file", lines.fault)
    except (*_BROKEN, InputError) as error:
        yield Refusal("file", _reason(error))


def _buffered(file: BinaryIO) -> io.BufferedReader:
    return file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast("Any", file))


def _table_reader(raw: io.BufferedReader, name: str) -> Callable[[BinaryIO], Iterator[Any]] | None:
    """Say how a file is read that is a table by its first bytes; None when it is none."""
    head = raw.peek(_HEAD)
    if head.startswith(_PARQUET):
        return _parquet_batches
    if head.startswith(_ARROW_FILE):
        return partial(_arrow_batches, is_file=True)
    if head.startswith(_ARROW_STREAM):
        return partial(_arrow_batches, is_file=False)
    for ending, form in _TABLES.items():
        if name.endswith(ending) and not head.lstrip().startswith((b"{", b"[")):
            what = "it does not begin as such a file does" if head else "it is empty"
            raise MalformedError(f"this is no {form} file: {what}")
    return None


def _parquet_batches(file: BinaryIO) -> Iterator[Any]:
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.parquet as pq  # noqa: PLC0415 - likewise

    try:
        # A Parquet file is read from its end, which what comes through a pipe has not.
        whole = file if file.seekable() else io.BytesIO(file.read())
        yield from pq.ParquetFile(whole).iter_batches(batch_size=_ROWS)
    except pa.ArrowException as error:
        raise MalformedError(f"the Parquet file can't be read ({error})") from error


def _arrow_batches(file: BinaryIO, *, is_file: bool) -> Iterator[Any]:
    import pyarrow as pa  # noqa: PLC0415 - heavy

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


class _Lines:
    """The lines of a stream, as far as it can be read; `fault` says what ended it early, if so."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream
        self.fault = ""

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except _BROKEN as error:
            self.fault = _reason(error)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _cut(name: str, stream: Iterable[bytes], begins: bytes) -> Iterator[Piece | Refusal]:
    lines = iter(stream)
    head: list[bytes] = []
    if is_protobuf(begins, lambda: _rest(head, lines)):
        yield from cut_requests([b"".join(head)])
        return
    lines = itertools.chain(head, lines)
    head = []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    if not head or not head[-1].strip():
        return
    if _named_lines(name) or _is_whole(head[-1]):
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


def _rest(read: list[bytes], lines: Iterator[bytes]) -> bytes:
    """Read all lines that are left, and keep them as `read`."""
    read += lines
    return b"".join(read)


def _named_lines(name: str) -> bool:
    return name.removesuffix(".gz").endswith((".jsonl", ".ndjson"))


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
