"""Pieces of span files, put into a store."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import attrs

from prela_core.errors import InputError, InvalidError
from prela_core.io.span_files import read_pieces
from prela_core.model import SpanBatch
from prela_core.store import Writer
from prela_core.store.export.reading import read_stored
from prela_core.wire import (
    Decoded,
    Limits,
    Rejected,
    decode_batch,
    decode_otlp_json,
    decode_otlp_protobuf,
    decode_trace,
)
from prela_core.wire.documents import Piece, Refusal
from prela_core.wire.forms import Form

__all__ = ["PieceRead", "load", "read_piece"]

_DECODERS: Mapping[Form, Callable[..., Decoded]] = MappingProxyType(
    {
        Form.BATCH: decode_batch,
        Form.TRACE: decode_trace,
        Form.OTLP_JSON: decode_otlp_json,
        Form.OTLP_PROTOBUF: decode_otlp_protobuf,
    }
)


@attrs.frozen
class PieceRead:
    """What a piece holds: batches for a store, how many spans that are, and what was refused."""

    batches: list[SpanBatch]
    spans: int
    rejected: list[Rejected]


def read_piece(project_id: str, piece: Piece, *, received_at: int) -> PieceRead:
    """Read a piece that is received at that moment, unless it says that it was before.

    Raises an `InputError` for what can't be taken as a whole.
    """
    if piece.form is Form.STORED:
        stored = read_stored(project_id, piece.body, now=received_at)
        return PieceRead(stored.batches, len(stored.spans), stored.rejected)
    decoded = _DECODERS[piece.form](piece.body, received_at=received_at, limits=Limits())
    batches = [decoded.batch(project_id, received_at)]
    return PieceRead(batches, len(decoded.spans), decoded.rejected)


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
    try:
        with path.open("rb") as file:
            for number, piece in enumerate(read_pieces(file, path.name)):
                if isinstance(piece, Refusal):
                    raise InvalidError(f"{path}, {piece.place}: {piece.reason}")
                try:
                    read = read_piece(project_id, piece, received_at=first + number)
                except InputError as error:
                    raise InvalidError(f"{path}, {piece.place}: {error}") from error
                for each in read.rejected:
                    raise InvalidError(f"{path}, {piece.places[each.index]}: {each.reason}")
                store.insert(read.batches)
                stored += read.spans
    except OSError as error:
        raise InvalidError(f"{path} can't be read ({error})") from error
    return stored
