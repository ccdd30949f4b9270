"""What can be said of a span beside its attributes, and without naming a tracer."""

from __future__ import annotations

import os
import random
import threading
from itertools import count
from typing import Any

import pytest
from tests.prela_core.emit.conftest import Kept

import prela_core
from prela_core.emit import Tracer, set_tracer
from prela_core.emit.unrecorded import NO_SPAN
from prela_core.model import SpanType, Status, new_span_id, new_trace_id, to_micros
from prela_core.testing.factories import NOON


def test_a_score_is_an_event_of_the_conventions(tracer: Tracer, kept: Kept) -> None:
    with tracer.span("answer") as span:
        span.score("helpful", 0.8, label="good", comment="short and right")
        prela_core.score("polite", label="yes")

    first, second = kept.one("answer").events
    assert "gen_ai.evaluation.result" == first.name == second.name
    assert {
        "gen_ai.evaluation.name": "helpful",
        "gen_ai.evaluation.score.value": 0.8,
        "gen_ai.evaluation.score.label": "good",
        "gen_ai.evaluation.explanation": "short and right",
    } == first.attributes
    assert {
        "gen_ai.evaluation.name": "polite",
        "gen_ai.evaluation.score.label": "yes",
    } == second.attributes


def test_feedback_that_comes_later_is_a_span_below_the_one_it_is_about(
    tracer: Tracer, kept: Kept
) -> None:
    with tracer.span("answer") as answer:
        pass
    with tracer.span("feedback form"):
        tracer.score_later(answer.trace_id, answer.span_id, "thumbs", 1)
        tracer.score_later("elsewhere", "1", "thumbs", 0)

    mine, other = [span for span in kept.spans if span.name == "thumbs"]
    assert (answer.trace_id, answer.span_id) == (mine.trace_id, mine.parent_span_id)
    assert ("elsewhere", "1") == (other.trace_id, other.parent_span_id)
    assert SpanType.EVALUATOR == mine.span_type
    assert {
        "gen_ai.evaluation.name": "thumbs",
        "gen_ai.evaluation.score.value": 1,
    } == mine.events[0].attributes


def test_usage_is_under_the_names_that_the_conventions_read(tracer: Tracer, kept: Kept) -> None:
    with tracer.span("chat", "llm") as span:
        span.usage(model="gpt-4o", input_tokens=7, output_tokens=0)
        span.usage(provider="openai", reasoning_tokens=3, cost_usd=0.25)

    assert {
        "llm.model": "gpt-4o",
        "llm.input_tokens": 7,
        "llm.output_tokens": 0,
        "llm.vendor": "openai",
        "gen_ai.usage.reasoning.output_tokens": 3,
        "llm.cost_usd": 0.25,
    } == kept.one("chat").attributes


def test_start_and_end_do_what_a_block_does(tracer: Tracer, kept: Kept) -> None:
    root = tracer.span("root").start()
    child = tracer.span("child")
    child.end()
    child.start()
    child.end(ValueError("no"))
    child.end()
    child.fail("late")
    child.event("late")
    child.link("late", "late")
    root.end()

    assert {"root": None, "child": "root"} == kept.tree()
    span = kept.one("child")
    assert (Status.ERROR, "ValueError: no") == (span.status, span.status_message)
    assert (["exception"], ()) == ([event.name for event in span.events], span.links)
    assert prela_core.current_span() is NO_SPAN


def test_an_exception_that_was_dealt_with_is_no_failure(tracer: Tracer, kept: Kept) -> None:
    with tracer.span("x") as span:
        span.record_exception(ValueError("no"))

    assert Status.SUCCESS == kept.one("x").status
    assert "no" == kept.one("x").events[0].attributes["exception.message"]


def test_events_lie_within_their_span_whatever_the_wall_clock_does(kept: Kept) -> None:
    tracer = Tracer(
        "s", kept, now_ns=lambda: to_micros(NOON) * 1000, monotonic_ns=count(0, 10**9).__next__
    )
    with tracer.span("x") as span:
        span.event("one")
        span.event("two")

    done = kept.one("x")
    assert [1, 2] == [(event.timestamp - NOON).seconds for event in done.events]
    assert 3000 == done.duration_ms


def test_the_type_may_be_left_to_the_attributes(tracer: Tracer, kept: Kept) -> None:
    with tracer.span("x", None, {"gen_ai.operation.name": "chat"}):
        pass

    assert kept.one("x").span_type is None


def test_a_sink_that_raises_breaks_nothing(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tracer: Tracer, kept: Kept
) -> None:
    def put(*_finished: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(Kept, "put", put)
    for _ in range(3):
        with tracer.span("x"):
            pass

    assert ["a span was not taken (OSError: full); further failures are not reported"] == [
        record.getMessage() for record in caplog.records
    ]


def test_before_a_tracer_is_set_nothing_is_recorded() -> None:
    set_tracer(None)
    with prela_core.span("x", "llm", {"a": 1}, b=2) as span:
        span.set("c", 3)
        span.usage(model="m")
        prela_core.score("good", 1)
        assert prela_core.current_span() is NO_SPAN
        assert {} == prela_core.inject()
    assert not span.recording
    assert span is prela_core.span("y")


def test_the_shared_tracer_is_looked_up_at_each_call(tracer: Tracer, kept: Kept) -> None:
    assert tracer is prela_core.get_tracer()
    with prela_core.span("on", "tool", a=1):
        pass
    set_tracer(None)
    with prela_core.span("off"):
        pass

    [span] = kept.spans
    assert ("on", SpanType.TOOL, {"a": 1}) == (span.name, span.span_type, span.attributes)


# Ids.


def test_ids_are_as_w3c_has_them_and_differ() -> None:
    spans = {new_span_id() for _ in range(10_000)}
    traces = {new_trace_id() for _ in range(100)}

    assert (10_000, 100) == (len(spans), len(traces))
    assert {16} == {len(each) for each in spans}
    assert {32} == {len(each) for each in traces}
    assert all(int(each, 16) for each in spans | traces)
    assert "0" * 15 + "1" == new_span_id(lambda _bits: 0)


def test_a_program_that_seeds_its_own_randomness_does_not_repeat_ids() -> None:
    seen = set()
    for _ in range(5):
        random.seed(1)
        seen |= {new_span_id(), new_trace_id()}

    assert 10 == len(seen)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is nothing like it here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # other tests leave threads
def test_forked_processes_make_different_ids() -> None:
    seen = []
    for _ in range(3):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            ids = "".join(new_span_id() + new_trace_id() for _ in range(20))
            os.write(write, ids.encode())
            os._exit(0)
        os.waitpid(child, 0)
        text = os.read(read, 20 * 48).decode()
        seen += [text[at : at + 16] for at in range(0, len(text), 48)]
        seen += [text[at + 16 : at + 48] for at in range(0, len(text), 48)]
        os.close(read)
        os.close(write)
    seen += [new_span_id() for _ in range(60)]

    assert 3 * 40 + 60 == len(seen) == len(set(seen))


def test_threads_make_different_ids() -> None:
    seen: list[str] = []

    def work() -> None:
        for _ in range(2_000):
            seen.append(new_span_id())  # noqa: PERF401 - to take turns with the others

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 8_000 == len(set(seen))


def test_what_is_said_of_the_current_span_outside_of_all_is_said_to_nobody() -> None:
    @prela_core.trace
    def answer() -> str:
        here = prela_core.current_span()
        here.set("key", "value")
        here.usage(model="gpt-4o", input_tokens=1)
        here.fail("no")
        return "42"

    assert prela_core.get_tracer() is None
    assert "42" == answer()
    assert not prela_core.current_span().recording


class Unspeakable:
    def __str__(self) -> str:
        raise ValueError

    __repr__ = __str__


WRONG: list[Any] = [None, 7, b"bytes", ["a list"], object(), Unspeakable(), ValueError("wrong")]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: type(wrong).__name__)
def test_arguments_of_wrong_types_neither_break_the_program_nor_lose_the_span(
    tracer: Tracer, kept: Kept, wrong: Any
) -> None:
    @prela_core.trace(name=wrong, span_type=wrong, attributes=wrong)
    def traced() -> None:
        pass

    traced()
    with prela_core.span(wrong, wrong, wrong) as span:
        span.set(wrong, wrong)
        span.event(wrong, wrong)
        span.link(wrong, wrong, wrong)
        span.record_exception(wrong)
        span.fail(wrong)

    for one in kept.spans:
        texts = [one.name, *one.attributes, *(event.name for event in one.events)]
        assert {str} == set(map(type, texts))
    assert 2 == len(kept.spans)
    assert isinstance(kept.spans[1].status_message, str)


def test_attributes_that_are_none_are_kept_as_one(tracer: Tracer, kept: Kept) -> None:
    with tracer.span("a", attributes="a text") as span:  # type: ignore[arg-type] # on purpose
        span.event("b", 7)  # type: ignore[arg-type] # likewise

    assert {"attributes": "a text"} == kept.spans[0].attributes
    assert {"attributes": 7} == kept.spans[0].events[0].attributes


def test_a_span_fails_by_an_exception_as_by_its_text(tracer: Tracer, kept: Kept) -> None:
    with tracer.span("a") as span:
        span.fail(ValueError("no such city"))

    assert "ValueError: no such city" == kept.spans[0].status_message


def test_an_event_may_have_an_attribute_called_name(tracer: Tracer, kept: Kept) -> None:
    with tracer.span("a") as span:
        span.event("chosen", name="search", self="agent")

    assert {"name": "search", "self": "agent"} == kept.spans[0].events[0].attributes


def test_a_link_to_nowhere_is_none(tracer: Tracer, kept: Kept) -> None:
    caller = prela_core.extract({})
    with tracer.span("a") as span:
        span.link(caller.trace_id, caller.span_id)

    assert () == kept.spans[0].links
