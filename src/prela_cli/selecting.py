"""The options that say what is exported or copied: traces with all of their spans, or spans."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from prela_cli.asking import both, query_words
from prela_cli.filters import filter_options, narrowed
from prela_core.ask import Subject, parse
from prela_core.store import SpanFilter, TraceFilter
from prela_core.store.export import Selection

__all__ = ["selection_options"]


def selection_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add QUERY, `--spans` and the filters; `command` gets a `Selection`, named `selection`."""

    @query_words
    @click.option(
        "--spans", "spans_only", is_flag=True, help="QUERY is about spans: take only those."
    )
    @filter_options
    @wraps(command)
    def with_selection(
        *, query: tuple[str, ...], spans_only: bool, where: TraceFilter, **rest: Any
    ) -> None:
        command(selection=_selection(where, " ".join(query), spans_only=spans_only), **rest)

    return with_selection


def _selection(where: TraceFilter, text: str, *, spans_only: bool) -> Selection:
    if not spans_only:
        return Selection(traces=narrowed(where, parse(text, Subject.TRACE)))
    times = TraceFilter(start_time=where.start_time, end_time=where.end_time, where=where.where)
    if where != times:
        raise click.UsageError(
            "with --spans, say what spans are meant in QUERY; of the options, only the times count"
        )
    return Selection(
        spans=SpanFilter(
            where=both(parse(text, Subject.SPAN), where.where),
            start_time=where.start_time,
            end_time=where.end_time,
        )
    )
