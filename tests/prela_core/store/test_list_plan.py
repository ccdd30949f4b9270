"""How many traces a list of the newest computes at first."""

from __future__ import annotations

from typing import Any

import pytest

from prela_core.store import Order, PageRequest, TraceFilter
from prela_core.store.plans import LookBack, traces


@pytest.mark.parametrize(
    ("where", "proposed"),
    [
        ({}, 57),
        ({"model": "m", "environment": "e"}, 57),
        ({"user_id": "u", "status": "error"}, 57),
        ({"status": "success"}, 102),  # one of whose spans may have failed
        ({"min_duration_ms": 5.0}, 102),
        ({"max_duration_ms": 5.0}, 102),
    ],
)
def test_few_more_than_a_page_are_computed_where_rows_tell_which_are_meant(
    where: dict[str, Any], proposed: int
) -> None:
    plan = traces(
        "p", TraceFilter(**where), Order.NEWEST, PageRequest(limit=50), LookBack(now=10**15)
    )
    assert "count()" in next(plan).sql
    assert "count()" in plan.send([(1,)]).sql
    assert plan.send([(1,)]).parameters["limit"] == proposed


@pytest.mark.parametrize(("is_small", "passes"), [(1, 2), (0, 1)])
def test_where_much_is_stored_fewer_hours_are_read_in_one_pass(is_small: int, passes: int) -> None:
    where = TraceFilter(model="m", environment="e")
    plan = traces("p", where, Order.NEWEST, PageRequest(limit=50), LookBack(now=10**15))
    next(plan)
    plan.send([(1,)])
    query = plan.send([(is_small,)])
    in_one_pass = []
    while query.parameters.get("lo") is not None:  # nothing is found in any window
        in_one_pass.append("HAVING" in query.sql)
        query = plan.send([])
        if "before" in query.parameters:
            query = plan.send([(query.parameters["before"] // 1_000_000,)])
    assert [True] * passes == [each for each in in_one_pass if each]
    assert in_one_pass == sorted(in_one_pass, reverse=True)
