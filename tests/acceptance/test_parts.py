"""A trace arrives in parts, in any order, again and again; it is seen as one, computed anew."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from tests.conftest import Api, assert_problem, moment, span, trace

from prela_core.model import new_trace_id


def _family(trace_id: str) -> list[dict[str, Any]]:
    """Give a root of one second, a tool that failed in it, and a model call in the tool."""
    root = span(trace_id, span_id="root", name="answer", span_type="agent", ended_at=moment(1))
    tool = span(
        trace_id,
        span_id="tool",
        parent_span_id="root",
        span_type="tool",
        status="error",
        started_at=moment(0.1),
        ended_at=moment(0.9),
    )
    call = span(
        trace_id,
        span_id="call",
        parent_span_id="tool",
        started_at=moment(0.2),
        ended_at=moment(0.8),
        attributes={"llm.model": "gpt-4o", "llm.input_tokens": 100, "llm.output_tokens": 10},
    )
    root |= {"service_name": "front", "attributes": {"family": trace_id}}
    return [root, tool, call]


def _assert_whole(found: dict[str, Any]) -> None:
    assert found["name"] == "answer"
    assert found["service_name"] == "front"
    assert found["root_span_id"] == "root"
    assert found["started_at"] == moment()
    assert found["completed_at"] == moment(1)
    assert found["duration_ms"] == 1000.0
    assert found["status"] == "error"
    assert found["span_count"] == 3
    assert found["error_count"] == 1
    assert found["input_tokens"] == 100
    assert found["output_tokens"] == 10
    assert found["models"] == ["gpt-4o"]
    assert [one["span_id"] for one in found["spans"]] == ["root", "tool", "call"]
    assert [one["parent_span_id"] for one in found["spans"]] == [None, "root", "tool"]


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))], ids=str)
@pytest.mark.parametrize("path", ["/v1/spans", "/v1/traces"])
def test_parts_in_any_order_make_the_same_trace(
    api: Api, path: str, order: tuple[int, ...]
) -> None:
    family = _family(new_trace_id())

    for at in order:
        api.accept(path, family[at] if path == "/v1/spans" else trace(family[at]))

    found = api.trace(family[0]["trace_id"], spans=3)
    _assert_whole(found)
    (row,) = api.read("/api/v1/traces", **{"attr.family": found["trace_id"]})["items"]
    assert {name: found[name] for name in row} == row


def test_each_new_span_may_repost_all_earlier_ones(api: Api) -> None:
    trace_id = new_trace_id()
    family = _family(trace_id)
    known: list[dict[str, Any]] = []
    for one in reversed(family):
        known.append(one)
        answer = api.accept("/v1/traces", trace(*known))
        assert answer["spans"] == len(known)
        # What a trace says of itself is not what is seen.
        assert api.trace(trace_id)["span_count"] == len(known)

    _assert_whole(api.trace(trace_id))


@pytest.mark.parametrize("times", [2, 5])
def test_a_retry_of_everything_changes_nothing(api: Api, times: int) -> None:
    family = _family(new_trace_id())
    for _ in range(times):
        api.accept("/v1/batch", family)
        api.accept("/v1/batch", {"spans": family})
        api.accept("/v1/traces", trace(*family))

    _assert_whole(api.trace(family[0]["trace_id"]))


def test_a_span_twice_in_one_request_is_one(api: Api) -> None:
    family = _family(new_trace_id())

    answer = api.accept("/v1/batch", family * 3)

    assert answer["ingested"] == 9
    _assert_whole(api.trace(family[0]["trace_id"]))


VERSIONS = {
    "pending": {"status": "pending", "ended_at": None, "duration_ms": 0, "name": "begun"},
    "failed": {"status": "error", "ended_at": None, "duration_ms": 0, "name": "failed"},
    "ended": {"status": "success", "ended_at": moment(2), "name": "ended"},
}


@pytest.mark.parametrize("order", [*itertools.permutations(VERSIONS)], ids=" ".join)
@pytest.mark.parametrize("at_once", [False, True], ids=["one by one", "in one batch"])
def test_the_more_complete_version_wins_in_any_order(
    api: Api, order: tuple[str, ...], *, at_once: bool
) -> None:
    base = span()
    versions = [base | VERSIONS[name] for name in order]

    if at_once:
        api.accept("/v1/batch", versions)
    else:
        for version in versions:
            api.accept("/v1/spans", version)

    found = api.trace(base["trace_id"])
    assert found["span_count"] == 1
    assert found["status"] == "success"
    assert found["completed_at"] == moment(2)
    assert found["spans"][0]["name"] == "ended"


def test_of_two_complete_versions_the_later_wins(api: Api) -> None:
    base = span()
    for name in ("first", "second"):
        api.accept("/v1/spans", base | {"name": name})
    api.accept("/v1/spans", base | VERSIONS["pending"])

    assert api.span(base)["name"] == "second"


def test_the_end_of_a_span_may_change_its_month(api: Api) -> None:
    # The store keeps months apart; a span is one span all the same.
    base = span(started_at=moment(-40 * 86400), ended_at=None, status="pending")
    api.accept("/v1/spans", base)
    api.accept("/v1/spans", base | {"started_at": moment(), "ended_at": moment(1)})

    found = api.trace(base["trace_id"])
    assert found["span_count"] == 1
    assert found["started_at"] == moment()


def test_a_trace_without_a_root_yet_is_named_by_its_earliest_span(api: Api) -> None:
    family = _family(new_trace_id())
    for one in family[1:]:
        api.accept("/v1/spans", one)

    found = api.trace(family[0]["trace_id"])
    assert found["root_span_id"] is None
    assert found["started_at"] == moment(0.1)
    assert found["span_count"] == 2

    api.accept("/v1/spans", family[0])

    _assert_whole(api.trace(family[0]["trace_id"]))


def test_of_several_roots_the_earliest_names_the_trace(api: Api) -> None:
    trace_id = new_trace_id()
    roots = [
        span(trace_id, span_id=f"r{at}", name=f"root {at}", started_at=moment(at / 10))
        for at in (2, 0, 1)
    ]
    api.accept("/v1/batch", roots)

    found = api.trace(trace_id)
    assert found["root_span_id"] == "r0"
    assert found["name"] == "root 0"
    assert found["span_count"] == 3
    assert [one["parent_span_id"] for one in found["spans"]] == [None, None, None]


def test_a_trace_announced_without_spans_is_there_and_pending(api: Api) -> None:
    sent = trace(metadata={"run": 7})

    assert api.accept("/v1/traces", sent)["spans"] == 0

    found = api.trace(sent["trace_id"], spans=0)
    assert found["status"] == "pending"
    assert found["spans"] == []
    assert found["metadata"] == {"run": 7}


def test_nothing_that_a_trace_claims_of_itself_is_trusted(api: Api) -> None:
    family = _family(new_trace_id())
    lies = {
        "duration_ms": 999_999,
        "status": "success",
        "started_at": moment(-3600),
        "completed_at": moment(3600),
        "span_count": 77,
        "root_span_id": "call",
        "metadata": {"team": "a"},
    }

    api.accept("/v1/traces", trace(*family, **lies, service_name="claimed"))

    found = api.trace(family[0]["trace_id"])
    _assert_whole(found)
    assert found["metadata"] == {"team": "a"}
    assert found["spans"][1]["service_name"] == "claimed"


def test_spans_without_a_trace_id_belong_to_the_trace_they_are_sent_in(api: Api) -> None:
    sent = trace(span())
    del sent["spans"][0]["trace_id"]

    api.accept("/v1/traces", sent)

    assert api.trace(sent["trace_id"])["span_count"] == 1


BAD = {
    "no span id": ({"span_id": None}, "span_id is missing"),
    "no start that can be read": ({"started_at": "yesterday"}, "started_at"),
    "attributes that are a list": ({"attributes": []}, "attributes must be an object"),
    "events that are an object": ({"events": {}}, "events must be a list"),
    "a parent that is no id": ({"parent_span_id": "a\nb"}, "parent_span_id"),
}


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/traces"])
@pytest.mark.parametrize("fault", BAD)
def test_one_bad_span_never_fails_its_batch(api: Api, path: str, fault: str) -> None:
    change, reason = BAD[fault]
    trace_id = new_trace_id()
    good = [span(trace_id) for _ in range(3)]
    bad = span(trace_id) | change
    spans = [*good[:2], bad, good[2]]

    answer = api.accept(path, {"spans": spans} if path == "/v1/batch" else trace(*spans))

    assert answer["ingested" if path == "/v1/batch" else "spans"] == 3
    assert answer["total"] == 4
    (rejected,) = answer["rejected"]
    assert rejected["index"] == 2
    assert rejected["span_id"] == bad["span_id"]
    assert rejected["reason"].startswith(reason)
    found = api.trace(trace_id, spans=3)
    assert {one["span_id"] for one in found["spans"]} == {one["span_id"] for one in good}


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/traces"])
def test_what_is_no_span_at_all_is_rejected_by_its_place(api: Api, path: str) -> None:
    good = span()
    spans = [7, good, None, "span", [good]]

    body = {"spans": spans} if path == "/v1/batch" else trace(good, spans=spans)
    answer = api.accept(path, body)

    assert [one["index"] for one in answer["rejected"]] == [0, 2, 3, 4]
    assert [one["span_id"] for one in answer["rejected"]] == [None] * 4
    assert api.trace(good["trace_id"])["span_count"] == 1


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/traces"])
def test_when_no_span_can_be_taken_the_request_is_422(api: Api, path: str) -> None:
    bad = [span() | {"span_id": None}, span() | {"span_id": 7}]

    problem = assert_problem(
        api.post(path, {"spans": bad} if path == "/v1/batch" else trace(*bad)), 422
    )

    assert [one["pointer"] for one in problem["errors"]] == ["/spans/0", "/spans/1"]


def test_a_thousand_spans_in_random_parts_with_repeats(api: Api) -> None:
    chance = random.Random(20260101)  # noqa: S311 - repeatable on purpose
    trace_id = new_trace_id()
    spans = [span(trace_id, span_id="s0")]
    spans += [
        span(trace_id, span_id=f"s{at}", parent_span_id=f"s{chance.randrange(at)}")
        for at in range(1, 1000)
    ]
    sent = spans + chance.sample(spans, 500)
    chance.shuffle(sent)
    while sent:
        size = chance.randint(1, 200)
        api.accept("/v1/batch", sent[:size])
        del sent[:size]

    found = api.trace(trace_id, spans=1000)
    assert found["span_count"] == 1000
    assert {one["span_id"]: one["parent_span_id"] for one in spans} == {
        one["span_id"]: one["parent_span_id"] for one in found["spans"]
    }
