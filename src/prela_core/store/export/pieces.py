"""An export from its beginning to its end: which queries are asked, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

from prela_core.store.export.queries import (
    Piece,
    announcement_lines,
    end_of_piece,
    ids_of_piece,
    meant,
    rows_of_piece,
)
from prela_core.store.export.selection import ExportForm, Selection
from prela_core.store.fragments import Query
from prela_core.store.located import Located, locate
from prela_core.store.places import START

__all__ = ["Pieces", "pieces"]

Ask = Callable[[Query], Sequence[Sequence[Any]]]

Pieces = Generator[Query, str | None, None]
"""Yields queries, and is sent the first column of the last row of each answer, if it has any."""

_FEW = 2_000
"""Up to so many traces or spans are looked for by their ids, more of them piece by piece."""
_ANNOUNCED = 5_000
_ALL = 10_000_000


def pieces(project_id: str, selection: Selection, form: ExportForm, ask: Ask) -> Pieces:
    """Give the queries whose answers make up the export, each of some megabytes.

    Those for `ExportForm.JSONL` answer `line` as their last column, the others the columns of a
    table. `ask` answers the questions in between. What is inserted meanwhile may be there or
    not; all else is there, each span once.
    """
    few = None
    if not selection.is_everything:
        found = ask(meant(project_id, selection, None, _FEW + 1))
        few = found if len(found) <= _FEW else None
    ids = None if few is None else sorted({row[0] for row in few})
    known = None if ids is None else _located(project_id, ids, ask)
    if form is ExportForm.JSONL and (selection.is_everything or ids):
        yield from _announced(project_id, ids)
    if ids == []:
        return
    after = START
    while end := ask(end_of_piece(project_id, selection.start_time, after, known)):
        ((hour, trace_id, span_id),) = end
        piece = Piece(project_id, after, (hour, trace_id, span_id))
        after = piece.upto
        if few is not None or selection.is_everything:
            yield rows_of_piece(piece, form, **_narrowed(selection, few))
            continue
        near = [row[0] for row in ask(ids_of_piece(piece))]
        those = ask(meant(project_id, selection, _located(project_id, near, ask), _ALL))
        if not those:
            continue
        if form is ExportForm.JSONL:
            yield from _announced(project_id, sorted({row[0] for row in those}))
        yield rows_of_piece(piece, form, **_narrowed(selection, those))


def _located(project_id: str, ids: Sequence[str], ask: Ask) -> Located:
    looking = locate(project_id, ids)
    try:
        query = next(looking)
        while True:
            query = looking.send(list(ask(query)))
    except StopIteration as stop:
        found: Located = stop.value
        return found


def _announced(project_id: str, ids: Sequence[str] | None) -> Pieces:
    after: str | None = ""
    while after is not None:
        after = yield announcement_lines(project_id, ids=ids, after=after, limit=_ANNOUNCED)


def _narrowed(selection: Selection, those: Sequence[Sequence[str]] | None) -> dict[str, Any]:
    if those is None:
        return {"traces": None, "spans": None}
    if selection.spans is not None:
        return {"traces": None, "spans": [(row[0], row[1]) for row in those]}
    return {"traces": [row[0] for row in those], "spans": None}
