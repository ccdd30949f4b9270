"""How many traces a list of the newest computes at first."""

from __future__ import annotations

from typing import Any

import pytest

from prela_core.store import Order, PageRequest, TraceFilter
from prela_core.store.plans import LookBack, traces

MANY = 1_000_000


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
    assert plan.send([(MANY,)]).parameters["limit"] == proposed
