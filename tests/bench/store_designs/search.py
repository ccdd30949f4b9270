"""The newest 50 spans that hold a word or a substring, with and without a text index."""

from __future__ import annotations

from clickhouse_connect.driver.client import Client
from collapse import OF_PROJECT, ON_DAYS_SEEN
from designs import Design
from engine import Rows, ask
from generator import DAY, UNTIL

__all__ = ["INDEXED_SUBSTRING", "LIMIT", "SUBSTRING", "WORD", "search"]

LIMIT = 50
_DAYS_BACK = (1, 7, 400)
_EVERYTHING = (400,)

WORD = "hasAnyTokens(input, {q:String}) OR hasAnyTokens(output, {q:String})"
SUBSTRING = (
    "positionCaseInsensitiveUTF8(input, {q:String})>0 "
    "OR positionCaseInsensitiveUTF8(output, {q:String})>0"
)
INDEXED_SUBSTRING = (
    "(hasAllTokens(input, {q:String}) AND positionCaseInsensitiveUTF8(input, {q:String})>0) "
    "OR (hasAllTokens(output, {q:String}) AND positionCaseInsensitiveUTF8(output, {q:String})>0)"
)
"""The tokens through the index, then the phrase itself."""


def search(
    client: Client,
    design: Design,
    condition: str,
    text: str,
    *,
    use_index: bool = True,
    at_once: bool = False,
) -> Rows:
    """Give (trace_id, span_id, start, version, input) of the newest spans that match.

    Candidates are rows of any version, newest first; one stays if it is the winning version of
    its span, so the page is the first 50 that stay. `at_once` looks at all days without
    windows.
    """
    settings = "" if use_index else "SETTINGS ignore_data_skipping_indices='tx_in,tx_out'"
    by_day = "toDate(started_at) >= toDate({lo:UInt32}) AND" if design.letter == "B" else ""
    propose = (
        f"SELECT trace_id, span_id, started_at, version, input FROM {design.table} "
        f"WHERE {OF_PROJECT} AND {by_day} started_at >= toDateTime({{lo:UInt32}},'UTC') "
        f"AND ({condition}) ORDER BY started_at DESC, trace_id, span_id LIMIT "
    )
    found: Rows = []
    for days in _EVERYTHING if at_once else _DAYS_BACK:
        since = UNTIL - days * DAY
        asked = 2 * LIMIT
        while True:
            rows = ask(client, f"{propose} {asked} {settings}", q=text, lo=since)
            found = _winners(client, design, rows)[:LIMIT]
            if len(found) == LIMIT or len(rows) < asked:
                break
            asked *= 4
        if len(found) == LIMIT:
            break
    return found


def _winners(client: Client, design: Design, candidates: Rows) -> Rows:
    if not candidates:
        return []
    ids = sorted({trace_id for trace_id, *_ in candidates})
    versions = ask(
        client,
        f"SELECT trace_id, span_id, max(version) FROM {design.table} WHERE {OF_PROJECT} "
        f"AND {ON_DAYS_SEEN} AND trace_id IN {{ids:Array(String)}} GROUP BY trace_id, span_id",
        ids=ids,
    )
    best = {(trace_id, span_id): version for trace_id, span_id, version in versions}
    winning = {
        (trace_id, span_id): (trace_id, span_id, start, version, text)
        for trace_id, span_id, start, version, text in candidates
        if version == best[trace_id, span_id]
    }
    return list(winning.values())
