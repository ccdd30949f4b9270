from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams

from prela_core.errors import InvalidError
from prela_core.store import Order
from prela_server.query.parameters import Parameters


def test_a_type_is_known_in_any_letter_case() -> None:
    assert "llm" == Parameters(QueryParams("span_type=LLM"), ["span_type"]).filter().span_type


def test_a_type_that_no_span_can_have_is_refused() -> None:
    with pytest.raises(InvalidError, match="span_type must be one of agent, llm"):
        Parameters(QueryParams("span_type=lmm"), ["span_type"]).filter()


def test_an_empty_order_is_the_same_as_none() -> None:
    assert Order.NEWEST is Parameters(QueryParams("order="), ["order"]).order()
