"""How the lists of services, models, users and the like are asked for, page by page."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from prela_core.ask import is_relative
from prela_core.model import from_micros
from prela_core.store.cursors import decode_cursor, encode_cursor, first_asked, question_digest
from prela_core.store.filters import PageRequest
from prela_core.store.fragments import Query
from prela_core.store.group_queries import groups_of
from prela_core.store.groups import GroupQuery, GroupSummary
from prela_core.store.results import Page

__all__ = ["groups"]

Row = Sequence[Any]


def groups(
    project_id: str, asked: GroupQuery, page: PageRequest, now: int
) -> Generator[Query, list[Row], Page[GroupSummary]]:
    """List the groups of `asked`; the plan of `Reader.groups`. `now` is in microseconds."""
    digest = question_digest("groups", project_id, asked)
    after = None if page.cursor is None else decode_cursor(page.cursor, digest)
    asked_at = first_asked(page.cursor, now) if is_relative(asked.where) else None
    found = yield groups_of(
        project_id,
        asked.at(now if asked_at is None else asked_at),
        after=after,
        offset=page.offset,
        limit=page.limit + 1,
    )
    shown = found[: page.limit]
    return Page(
        items=[_summary(row) for row in shown],
        next_cursor=encode_cursor(digest, int(shown[-1][-1]), shown[-1][0], asked_at)
        if len(found) > page.limit
        else None,
    )


def _summary(row: Row) -> GroupSummary:
    name, spans, traces, errors, tokens_in, tokens_out, cost, first, last, _ = row
    return GroupSummary(
        name=name,
        span_count=spans,
        trace_count=traces,
        error_count=errors,
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cost_usd=int(cost) / 10**9,
        first_seen=from_micros(first),
        last_seen=from_micros(last),
    )
