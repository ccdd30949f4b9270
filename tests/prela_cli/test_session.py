from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from click.testing import Result

from prela_core.store import Order, Page, PageRequest, TraceFilter, TraceSummary
from prela_core.testing.factories import trace_detail

Run = Callable[..., Result]


def test_the_traces_of_a_session_are_asked_for_in_their_order(run: Run, reader: Any) -> None:
    reader.details = [trace_detail()]
    reader.next_cursor = "more"
    result = run("session", "s-7", "--limit", "5")

    assert 0 == result.exit_code
    where = TraceFilter(session_id="s-7")
    assert [("default", where, Order.OLDEST, PageRequest(limit=5))] == reader.asked
    assert reader.details[0].trace_id in result.stdout
    assert "add --cursor more" in result.stdout


def test_json_is_a_page_of_traces(run: Run, reader: Any) -> None:
    reader.details = [trace_detail()]
    document = run("session", "s-7", "--json").stdout

    assert 1 == len(msgspec.json.decode(document, type=Page[TraceSummary]).items)


def test_an_unknown_session_ends_with_3(run: Run, reader: Any) -> None:
    result = run("session", "nothing")

    assert 3 == result.exit_code
    assert "there is no session nothing" in result.stderr
    assert 0 == run("session", "nothing", "--cursor", "x").exit_code
