from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from starlette.datastructures import QueryParams

from prela_core.ask import Subject, parse
from prela_core.errors import InvalidError
from prela_core.io.http_parameters import group_parameters, metric_parameters
from prela_core.store import Bucket, Dimension, GroupOrder, GroupQuery, Measure, MetricQuery
from prela_server.query.metric_parameters import (
    GROUP_PARAMETERS,
    METRIC_PARAMETERS,
    SHORTCUTS,
    group_query,
    metric_query,
)
from prela_server.query.parameters import Parameters

EVERYTHING = MetricQuery(
    measures=(Measure.P95_TTFT, Measure.COST),
    by=(Dimension.MODEL, Dimension.SPAN_TYPE),
    bucket=Bucket.WEEK,
    where=parse('status:error "two words"', Subject.SPAN),
    start_time=1_767_225_600_000_001,
    end_time=1_767_312_000_000_000,
    order=Measure.ERROR_RATE,
    descending=False,
    limit=7,
    with_other=True,
    fill=True,
)


def asked(query: str) -> MetricQuery:
    return metric_query(Parameters(QueryParams(query), METRIC_PARAMETERS))


@pytest.mark.parametrize("query", [EVERYTHING, MetricQuery()])
def test_what_the_client_writes_is_read_as_it_was(query: MetricQuery) -> None:
    sent = urlencode(metric_parameters(query))
    read = asked(sent)
    assert query.ranked_by == read.ranked_by
    assert metric_parameters(query) == metric_parameters(read)
    assert query.where == read.where


def test_so_is_what_it_writes_of_lists() -> None:
    query = GroupQuery(by=Dimension.USER, start_time=1, order=GroupOrder.DEAREST)
    sent = Parameters(QueryParams(urlencode(group_parameters(query))), GROUP_PARAMETERS)
    assert query == group_query(Dimension.USER, sent)
    nothing = Parameters(QueryParams(""), GROUP_PARAMETERS)
    assert GroupQuery(by=Dimension.TOOL) == group_query(Dimension.TOOL, nothing)


def test_fields_have_short_names() -> None:
    assert (Dimension.AGENT, Dimension.ENVIRONMENT) == asked("by=agent, env").by
    assert (Dimension.SPAN_TYPE, Dimension.USER) == asked("by=type,user_id").by


@pytest.mark.parametrize(
    ("order", "wanted"),
    [("-cost_usd", (Measure.COST, True)), ("cost_usd", (Measure.COST, False)), ("", (None, True))],
)
def test_a_minus_sign_puts_the_largest_first(
    order: str, wanted: tuple[Measure | None, bool]
) -> None:
    found = asked(f"order={order}")
    assert wanted == (found.order, found.descending)


def test_what_adds_up_orders_where_nothing_is_said() -> None:
    assert Measure.COST is asked("measures=p95_duration_ms,cost_usd").ranked_by
    assert Measure.COUNT is asked("measures=p95_duration_ms,users").ranked_by


def test_shortcuts_have_measures_of_their_own() -> None:
    known = [name for name in METRIC_PARAMETERS if name != "measures"]
    for measures in SHORTCUTS.values():
        sent = Parameters(QueryParams("by=model"), known)
        assert measures == metric_query(sent, measures).measures


@pytest.mark.parametrize(
    "query",
    [
        "measures=p42_duration_ms",
        "by=flavour",
        "bucket=month",
        "order=--count",
        "other=perhaps",
        "limit=few",
        "query=status:(",
    ],
)
def test_mistakes_are_named_with_their_parameter(query: str) -> None:
    with pytest.raises(InvalidError) as caught:
        asked(query)
    ((name, _),) = parse_qsl(query)
    assert [f"?{name}"] == [each["pointer"] for each in caught.value.errors]
