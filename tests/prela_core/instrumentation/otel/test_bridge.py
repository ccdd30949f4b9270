from __future__ import annotations

import time

import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, StatusCode, TraceFlags
from tests.prela_core.instrumentation.conftest import Kept

from prela_core.emit import Tracer, context
from prela_core.instrumentation import bridge
from prela_core.model import Status, to_micros

ELSEWHERE = SpanContext(0xA1, 0xB2, is_remote=True, trace_flags=TraceFlags(1))


def test_a_span_says_all_that_it_said_to_opentelemetry(
    tracer: Tracer, kept: Kept, provider: TracerProvider
) -> None:
    began = time.time_ns()
    with bridge(provider):
        library = provider.get_tracer("shop.library", "1.2")
        with library.start_as_current_span(
            "chat", links=[trace.Link(ELSEWHERE, {"why": "before"})], start_time=began
        ) as span:
            span.set_attribute("gen_ai.request.model", "gpt-4o")
            span.set_attribute("gen_ai.request.stop_sequences", ["a", "b"])
            span.add_event("retry", {"attempt": 2}, timestamp=began + 5_000_999)

    done = kept.only()
    ids = span.get_span_context()
    assert (f"{ids.trace_id:032x}", f"{ids.span_id:016x}") == (done.trace_id, done.span_id)
    assert ("chat", None, None, "till") == (
        done.name,
        done.parent_span_id,
        done.span_type,
        done.service_name,
    )
    assert (Status.SUCCESS, None) == (done.status, done.status_message)
    assert done.ended_at is not None
    assert began // 1000 == to_micros(done.started_at)
    assert done.started_at < done.ended_at
    assert {
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.stop_sequences": ["a", "b"],
        "otel.scope.name": "shop.library",
        "otel.scope.version": "1.2",
        "resource.host.name": "h1",
    } == done.attributes
    [event] = done.events
    assert ("retry", (began + 5_000_999) // 1000, {"attempt": 2}) == (
        event.name,
        to_micros(event.timestamp),
        event.attributes,
    )
    [link] = done.links
    assert (f"{0xA1:032x}", f"{0xB2:016x}", {"why": "before"}) == (
        link.trace_id,
        link.span_id,
        link.attributes,
    )


def test_an_error_keeps_its_message_and_its_exception(
    tracer: Tracer, kept: Kept, provider: TracerProvider
) -> None:
    with bridge(provider):
        library = provider.get_tracer("library")
        with pytest.raises(ValueError, match="no such"), library.start_as_current_span("tool"):
            raise ValueError("no such order")

    done = kept.only()
    assert (Status.ERROR, "ValueError: no such order") == (done.status, done.status_message)
    assert ["exception"] == [event.name for event in done.events]


def test_what_is_set_later_does_not_change_what_was_put(
    tracer: Tracer, kept: Kept, provider: TracerProvider
) -> None:
    with bridge(provider):
        span = provider.get_tracer("library").start_span("chat")
        span.set_attribute("n", 1)
        span.end()
        span.set_status(StatusCode.ERROR)
        span.set_attribute("n", 2)

    done = kept.only()
    assert (1, Status.SUCCESS) == (done.attributes["n"], done.status)


def test_a_service_without_name_gets_that_of_the_tracer(tracer: Tracer, kept: Kept) -> None:
    nameless = TracerProvider(resource=Resource.create({}), shutdown_on_exit=False)
    with bridge(nameless):
        nameless.get_tracer("library").start_span("chat").end()

    assert "shop" == kept.only().service_name


def test_the_users_own_processors_go_on(
    tracer: Tracer, kept: Kept, provider: TracerProvider
) -> None:
    own = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(own))
    with bridge(provider):
        provider.get_tracer("library").start_span("both").end()
    provider.get_tracer("library").start_span("own").end()

    assert ["both"] == [span.name for span in kept.spans]
    assert ["both", "own"] == [span.name for span in own.get_finished_spans()]


def test_what_is_said_of_every_span_is_said_of_theirs(
    tracer: Tracer, kept: Kept, provider: TracerProvider
) -> None:
    library = provider.get_tracer("library")
    with bridge(provider):
        with context(session="s-1", user="u-7", tenant="acme"):
            with library.start_as_current_span("a") as first:
                first.set_attribute("user.id", "its own")
            second = library.start_span("b")
        second.end()
        library.start_span("c").end()

    keys = ("session.id", "user.id", "tenant")
    assert [("s-1", "its own", "acme"), ("s-1", "u-7", "acme"), (None, None, None)] == [
        tuple(span.attributes.get(key) for key in keys) for span in kept.spans
    ]


def test_two_uses_of_a_provider_put_each_span_once_until_the_last_ends(
    tracer: Tracer, kept: Kept, provider: TracerProvider
) -> None:
    library = provider.get_tracer("library")
    with bridge(provider):
        with bridge(provider):
            library.start_span("a").end()
        library.start_span("b").end()
    library.start_span("c").end()

    assert ["a", "b"] == [span.name for span in kept.spans]


def test_without_a_tracer_nothing_is_put_and_nothing_fails(provider: TracerProvider) -> None:
    with bridge(provider):
        with provider.get_tracer("library").start_as_current_span("chat"):
            pass
        assert provider.force_flush(100)


def test_a_provider_that_takes_no_processors_is_left_and_another_given(
    tracer: Tracer, kept: Kept
) -> None:
    with bridge(trace.NoOpTracerProvider()) as opened:
        opened.provider.get_tracer("library").start_span("a").end()

    assert ["a"] == [span.name for span in kept.spans]


def test_what_opentelemetry_does_not_sample_is_not_put(tracer: Tracer, kept: Kept) -> None:
    silent = TracerProvider(sampler=sampling.ALWAYS_OFF, shutdown_on_exit=False)
    library = silent.get_tracer("library")
    with bridge(silent), library.start_as_current_span("chat"), tracer.span("below"):
        pass

    assert [] == kept.spans


def test_children_of_a_span_that_is_left_out_go_to_its_parent(
    tracer: Tracer, kept: Kept, provider: TracerProvider
) -> None:
    noisy, library = provider.get_tracer("noisy"), provider.get_tracer("library")
    with bridge(provider) as opened:
        heard = opened.leave_out("noisy", "twice")
        with library.start_as_current_span("root"), noisy.start_as_current_span("twice") as twice:
            with noisy.start_as_current_span("twice"), library.start_as_current_span("a"):
                pass
            with noisy.start_as_current_span("other"), tracer.span("c"):
                pass
            with tracer.span("b"):
                pass
            late = library.start_span("late")
        late.end()
        after = trace.set_span_in_context(twice)
        library.start_span("after", context=after).end()
        heard()
        noisy.start_span("twice").end()

    assert {
        "root": None,
        "a": "root",
        "b": "root",
        "other": "root",
        "c": "other",
        "late": "root",
        "after": "root",
        "twice": None,
    } == kept.parents


def test_spans_of_a_closed_bridge_are_as_if_they_were_not(
    tracer: Tracer, kept: Kept, provider: TracerProvider
) -> None:
    bridge(provider).close()
    other = TracerProvider(shutdown_on_exit=False)
    closed, library = provider.get_tracer("closed"), other.get_tracer("library")
    with bridge(other), tracer.span("root"), closed.start_as_current_span("unseen"):
        with tracer.span("a"):
            pass
        # What is of another provider can't know; its parent is in no trace that we have.
        with library.start_as_current_span("b"):
            pass

    assert {"root": None, "a": "root", "b": "root"} == kept.parents
