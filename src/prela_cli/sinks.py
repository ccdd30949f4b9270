"""Where `prela ingest` puts spans: the store of a data directory, or a server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from prela_cli.source import PROJECT_ID, find_server, open_directory
from prela_core.errors import (
    InputError,
    InvalidError,
    MalformedError,
    TooLargeError,
    UnavailableError,
)
from prela_core.io.http_client import HttpClient
from prela_core.io.loading import read_piece
from prela_core.store import Writer
from prela_core.wire.documents import Piece, Refusal
from prela_core.wire.forms import Form
from prela_core.wire.otlp_forms import JsonForm, OtlpForm, ProtobufForm

__all__ = ["Sink", "open_sink"]

_ABOUT_THE_PIECE = (InvalidError, MalformedError, TooLargeError)
"""Another piece may be taken all the same; of an unknown key, none would be."""


class Sink(Protocol):
    """Takes pieces of files."""

    def __call__(self, piece: Piece) -> tuple[int, list[Refusal]]:
        """Store `piece`; gives how many of its spans are durable now, and what was refused.

        Raises `UnavailableError` when nothing is promised, and what forbids the whole.
        """


@contextmanager
def open_sink(directory: Path, url: str | None, api_key: str | None) -> Iterator[tuple[Sink, str]]:
    """Open the server at `url` or the one that holds `directory`, or else the directory.

    Also gives a name for it, to tell the user where the spans went.
    """
    server = find_server(directory, url, api_key)
    if server is not None:
        with server:
            yield _ServerSink(server), server.url
        return
    with open_directory(directory) as store:
        yield _StoreSink(store), str(directory)


_PATHS = {Form.BATCH: "/v1/batch", Form.TRACE: "/v1/traces", Form.STORED: "/v1/import"}
_OTLP: dict[Form, Callable[[], OtlpForm]] = {
    Form.OTLP_JSON: JsonForm,
    Form.OTLP_PROTOBUF: ProtobufForm,
}


class _ServerSink:
    def __init__(self, server: HttpClient) -> None:
        self._server = server

    def __call__(self, piece: Piece) -> tuple[int, list[Refusal]]:
        try:
            if form := _OTLP.get(piece.form):
                return _after_otlp(piece, *self._server.send_otlp(piece.body, form()))
            answer = self._server.send(_PATHS[piece.form], piece.body)
        except _ABOUT_THE_PIECE as error:
            return 0, _refusals(piece, error)
        try:
            taken = answer["spans"] if piece.form is Form.TRACE else answer["ingested"]
            refused = [
                Refusal(piece.places[each["index"]], each["reason"]) for each in answer["rejected"]
            ]
        except (LookupError, TypeError) as error:
            raise UnavailableError(
                f"{self._server.url} did not say what it stored; is it a Prela server?"
            ) from error
        return taken, refused


class _StoreSink:
    def __init__(self, store: Writer) -> None:
        self._store = store
        self._last = 0

    def __call__(self, piece: Piece) -> tuple[int, list[Refusal]]:
        self._last = max(time.time_ns() // 1000, self._last + 1)
        try:
            read = read_piece(PROJECT_ID, piece, received_at=self._last)
        except _ABOUT_THE_PIECE as error:
            return 0, _refusals(piece, error)
        if read.batches:
            self._store.insert(read.batches)
        refused = [Refusal(piece.places[each.index], each.reason) for each in read.rejected]
        return read.spans, refused


def _after_otlp(piece: Piece, refused: int, said: str) -> tuple[int, list[Refusal]]:
    """Of OTLP a server says only how many spans it refused, and names some."""
    return len(piece.places) - refused, [Refusal(piece.place, said)] if refused else []


def _refusals(piece: Piece, error: InputError) -> list[Refusal]:
    """Say of every span of a piece that was refused as a whole why it was."""
    reasons = {each.get("pointer"): each.get("detail", "") for each in error.errors}
    refused = [
        Refusal(place, reasons.get(f"/spans/{index}") or str(error))
        for index, place in enumerate(piece.places)
    ]
    return refused or [Refusal(piece.place, str(error))]
