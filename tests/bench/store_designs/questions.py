"""Which questions each design is asked, by the names that the printed tables carry.

The number is the question. Behind it: ' takes another way, s reads through `trace_seen`, "naive"
ignores that starts move and is wrong on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from aggregates import (
    BY_MODEL,
    HOURLY,
    Aggregate,
    Way,
    by_suspect_hashes,
    by_suspects,
    collapse_all,
    final,
    naive,
)
from clickhouse_connect.driver.client import Client
from collapse import OF_PROJECT
from designs import Design
from engine import Rows, ask
from generator import FIRST, LAST_DAY, UNTIL
from pages import (
    FAILED,
    NEWEST,
    NEWEST_FIRST,
    OF_MODEL,
    OF_USER,
    TRACE_ROW,
    page_from_days,
    page_from_spans,
)
from search import INDEXED_SUBSTRING, SUBSTRING, WORD, search
from texts import CJK_PHRASE, COMMON_WORD, RARE_WORD

__all__ = ["TRACE_BY_ID", "Question", "questions", "searches", "some_traces"]

Question = Callable[[], Rows]
TRACE_BY_ID = "1 trace by id"

_EXACT: dict[str, Way] = {"A": final, "B": by_suspects, "C": collapse_all, "E": final}
_OF_TRACE = f"{OF_PROJECT} AND trace_id={{trace:String}}"


def questions(client: Client, design: Design, next_trace: Callable[[], str]) -> dict[str, Question]:
    """Give everything but the searches; `next_trace` names the trace to fetch each time."""
    ask_one = partial(_trace_by_id, client, design, next_trace)
    from_days = partial(page_from_days, client, design)
    from_spans = partial(page_from_spans, client, design)
    asked: dict[str, Question] = {
        TRACE_BY_ID: partial(ask_one, by_final=not design.by_time),
        "1' trace, LIMIT BY": partial(ask_one, by_final=False),
        "2 newest 50": partial(from_days, NEWEST),
        "3 newest 50 error": partial(from_days, FAILED),
        "4 newest 50 rare user": partial(from_days, OF_USER),
        "5 newest 50 model 24h": partial(from_days, OF_MODEL),
        **_aggregates(client, design, _EXACT[design.letter], "6{} p95/h {} exact", "7 {} exact"),
    }
    if design.by_time:
        asked |= {
            "2' direct windows": partial(from_spans, NEWEST),
            "3' error direct": partial(from_spans, FAILED),
            "4' user direct": partial(from_spans, OF_USER),
            "5' model direct": partial(from_spans, OF_MODEL),
        }
    if design.letter == "B":
        asked |= {
            "2s seen": partial(from_spans, NEWEST, days_seen=True),
            "3s error seen": partial(from_spans, FAILED, days_seen=True),
            "4s user seen": partial(from_spans, OF_USER, days_seen=True),
            "5s model seen": partial(from_spans, OF_MODEL, days_seen=True),
            **_aggregates(client, design, by_suspect_hashes, "6{}s p95/h {} seen", "7s {} seen"),
        }
    if design.by_time:
        asked |= _aggregates(client, design, naive, "6{} naive", "7 naive")
    else:
        asked |= {
            "4' user FINAL+bloom": partial(_all_of_user, client, design),
            "2'' whole scan": partial(_whole_scan, client, design),
        }
    return asked


def searches(client: Client, design: Design) -> dict[str, Question]:
    """Give the searches, for a design that carries the text index."""
    look = partial(search, client, design)
    scan = partial(look, use_index=False)
    return {
        "8a rare word, index": partial(look, WORD, RARE_WORD),
        "8b rare word, no index": partial(scan, WORD, RARE_WORD, at_once=True),
        "8c common word, index": partial(look, WORD, COMMON_WORD),
        "8d common word, no index": partial(scan, WORD, COMMON_WORD),
        "8e CJK substring scan": partial(scan, SUBSTRING, CJK_PHRASE, at_once=True),
        "8f CJK substring, index + check": partial(look, INDEXED_SUBSTRING, CJK_PHRASE),
    }


def some_traces(client: Client, design: Design) -> Callable[[], str]:
    """Take up to 300 traces by hash and draw from them by a seed."""
    sql = (
        f"SELECT DISTINCT trace_id FROM {design.table} WHERE {OF_PROJECT} "
        "AND cityHash64(trace_id)%97=1 LIMIT 300"
    )
    ids = [trace_id for (trace_id,) in ask(client, sql)]
    rng = np.random.default_rng(1)
    return lambda: ids[int(rng.integers(0, len(ids)))]


def _aggregates(
    client: Client, design: Design, way: Way, hourly: str, by_model: str
) -> dict[str, Question]:
    def over(aggregate: Aggregate, since: int) -> Question:
        return partial(way, client, design, aggregate, since, UNTIL)

    return {
        hourly.format("a", "24h"): over(HOURLY, LAST_DAY),
        hourly.format("b", "30d"): over(HOURLY, FIRST),
        by_model.format("by model 30d"): over(BY_MODEL, FIRST),
    }


def _trace_by_id(
    client: Client, design: Design, next_trace: Callable[[], str], *, by_final: bool
) -> Rows:
    if by_final:
        sql = f"SELECT * FROM {design.table} FINAL WHERE {_OF_TRACE} ORDER BY started_at"
    else:
        sql = (
            f"SELECT * FROM (SELECT * FROM {design.table} WHERE {_OF_TRACE} "
            "ORDER BY version DESC LIMIT 1 BY span_id) ORDER BY started_at"
        )
    return ask(client, sql, trace=next_trace())


def _whole_scan(client: Client, design: Design) -> Rows:
    sql = (
        f"{TRACE_ROW} FROM {design.table} FINAL WHERE {OF_PROJECT} GROUP BY trace_id {NEWEST_FIRST}"
    )
    return ask(client, sql, **NEWEST.values)


def _all_of_user(client: Client, design: Design) -> Rows:
    """Compute all traces that the bloom filter on users finds, without windows."""
    sql = (
        f"{TRACE_ROW} FROM {design.table} FINAL WHERE {OF_PROJECT} AND trace_id IN "
        f"(SELECT trace_id FROM {design.table} WHERE {OF_PROJECT} AND {OF_USER.on_spans}) "
        f"GROUP BY trace_id HAVING {OF_USER.on_traces} {NEWEST_FIRST}"
    )
    return ask(client, sql, **OF_USER.values)
