"""Files of recorded spans, read into a store."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from prela_core.errors import InvalidError
from prela_core.store import Writer
from prela_core.store.export.reading import read_stored
from prela_core.wire import Limits, decode_batch, decode_trace
from prela_core.wire.documents import Piece, Refusal, cut_document, cut_lines

__all__ = ["SPAN_FILE_ENDINGS", "load"]

SPAN_FILE_ENDINGS = (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".json.gz")
"""How the names of files end that hold spans: a line each, or one JSON document; plain or gzip."""


def load(
    path: Path,
    store: Writer,
    project_id: str,
    *,
    clock: Callable[[], int] = lambda: time.time_ns() // 1000,
) -> int:
    """Put the spans of the file at `path` into `store`; gives how many there were.

    `clock` gives microseconds since 1970. Raises `InvalidError` for a file that can't be read and
    for one that holds anything else than spans, naming the first such place.
    """
    stored = 0
    first = clock()
    for number, piece in enumerate(_pieces(path)):
        if isinstance(piece, Refusal):
            raise InvalidError(f"{path}, {piece.place}: {piece.reason}")
        received_at = first + number
        if piece.is_stored:
            read = read_stored(project_id, piece.body, now=received_at)
            for each in read.rejected:
                raise InvalidError(f"{path}, {piece.places[each.index]}: {each.reason}")
            store.insert(read.batches)
            stored += len(read.spans)
            continue
        decode = decode_trace if piece.is_trace else decode_batch
        decoded = decode(piece.body, received_at=received_at, limits=Limits())
        for each in decoded.rejected:
            raise InvalidError(f"{path}, {piece.places[each.index]}: {each.reason}")
        store.insert([decoded.batch(project_id, received_at)])
        stored += len(decoded.spans)
    return stored


def _pieces(path: Path) -> Iterator[Piece | Refusal]:
    try:
        with path.open("rb") as file:
            lines = gzip.GzipFile(fileobj=file) if path.name.endswith(".gz") else file
            if path.name.removesuffix(".gz").endswith(".json"):
                yield from cut_document(lines.read())
            else:
                yield from cut_lines(lines)
    except (OSError, EOFError) as error:
        raise InvalidError(f"{path} can't be read ({error})") from error
