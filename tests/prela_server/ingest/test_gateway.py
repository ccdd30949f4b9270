from __future__ import annotations

import asyncio
import json
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.errors import BusFullError, InvalidError, MalformedError
from prela_core.model import SpanBatch, to_micros
from prela_core.testing.factories import NOON
from prela_core.wire import Limits
from prela_core.wire.forms import Form
from prela_server.ingest import gateway as gateway_module
from prela_server.ingest.gateway import IngestGateway, Receipt, ReceiptClock

NOW = to_micros(NOON)
DAY = 86_400_000_000


@attrs.define
class Bus:
    """Keeps what was published, or refuses it."""

    error: Exception | None = None
    published: list[SpanBatch] = attrs.field(factory=list)

    async def publish(self, batch: SpanBatch) -> None:
        if self.error is not None:
            raise self.error
        self.published.append(batch)

    async def ready(self) -> None:
        if self.error is not None:
            raise self.error


def accept(
    body: object, form: Form = Form.BATCH, *, bus: Bus | None = None, retention_days: int = 90
) -> Receipt:
    gateway = IngestGateway(
        bus or Bus(),  # type: ignore[arg-type] # only what a gateway asks of one
        clock=ReceiptClock(lambda: NOW),
        limits=Limits(),
        retention_days=retention_days,
    )
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return asyncio.run(gateway.accept("shop", form, raw))


def span(span_id: str, days_ago: float = 0, **more: Any) -> dict[str, Any]:
    return {
        "trace_id": "t",
        "span_id": span_id,
        "started_at": (NOW - round(days_ago * DAY)) * 1000,
    } | more


@given(st.lists(st.integers(0, 50), min_size=1))
def test_no_two_receipts_are_alike_whatever_the_clock_says(readings: list[int]) -> None:
    told = iter(readings)
    clock = ReceiptClock(lambda: next(told))
    given_out = [clock() for _ in readings]

    assert sorted(set(given_out)) == given_out
    assert all(moment >= reading for moment, reading in zip(given_out, readings, strict=True))


def test_a_clock_that_runs_is_followed_exactly() -> None:
    told = iter([5, 5, 4, 100, 100])
    clock = ReceiptClock(lambda: next(told))

    assert [5, 6, 7, 100, 101] == [clock() for _ in range(5)]


@pytest.mark.parametrize("size", [1, 5000])
def test_what_is_accepted_was_published_once_for_the_project(size: int) -> None:
    bus = Bus()
    receipt = accept([span(str(number)) for number in range(size)], bus=bus)

    [batch] = bus.published
    assert ("shop", NOW) == (batch.project_id, batch.received_at)
    assert size == len(batch.spans) == len(receipt.accepted) == receipt.total
    assert ("t", [], []) == (receipt.trace_id, receipt.rejected, receipt.warnings)


def test_large_bodies_are_read_the_same_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    body = [span("a"), {"span_id": "no trace"}, span("b")]
    inline = accept(body)
    monkeypatch.setattr(gateway_module, "_INLINE_BYTES", 0)

    assert inline == accept(body)
    with pytest.raises(MalformedError):
        accept(b"{")


def test_bad_spans_are_named_and_good_ones_published() -> None:
    bus = Bus()
    receipt = accept([span("a"), {"span_id": "b"}, span("c")], bus=bus)

    assert (["a", "c"], 3) == ([each.span_id for each in receipt.accepted], receipt.total)
    assert [(1, "b", "trace_id is missing")] == [
        (each.index, each.span_id, each.reason) for each in receipt.rejected
    ]
    assert ["a", "c"] == [each.span_id for each in bus.published[0].spans]


def test_a_trace_without_spans_is_published_too() -> None:
    bus = Bus()
    receipt = accept({"trace_id": "empty", "metadata": {"a": 1}}, Form.TRACE, bus=bus)

    assert ("empty", 0) == (receipt.trace_id, receipt.total)
    assert ["empty"] == [each.trace_id for each in bus.published[0].traces]


def test_nothing_to_publish_is_not_published() -> None:
    bus = Bus()

    assert ("", 0) == ((receipt := accept([], bus=bus)).trace_id, receipt.total)
    assert [] == bus.published


@pytest.mark.parametrize(
    ("body", "form", "kind"),
    [
        (b"{", Form.SPAN, MalformedError),
        (b"", Form.BATCH, MalformedError),
        ([{}], Form.BATCH, InvalidError),
        ({"spans": []}, Form.TRACE, InvalidError),
    ],
)
def test_what_can_not_be_taken_is_not_published(
    body: object, form: Form, kind: type[Exception]
) -> None:
    bus = Bus()

    with pytest.raises(kind):
        accept(body, form, bus=bus)
    assert [] == bus.published


def test_a_bus_that_takes_nothing_is_the_answer() -> None:
    bus = Bus(BusFullError("full"))

    with pytest.raises(BusFullError):
        accept([span("a")], bus=bus)
    with pytest.raises(BusFullError):
        asyncio.run(
            IngestGateway(
                bus,  # type: ignore[arg-type] # likewise
                clock=ReceiptClock(lambda: NOW),
                limits=Limits(),
                retention_days=1,
            ).ready()
        )


@pytest.mark.parametrize(
    ("days_ago", "retention_days", "warnings"),
    [
        ([0], 90, []),
        ([90], 90, []),
        ([90.001], 90, ["1 span started over 90 days ago and may be removed at any time"]),
        ([0, 2, 3], 1, ["2 spans started over 1 day ago and may be removed at any time"]),
        ([9000], 0, []),
        ([-30], 1, []),
    ],
)
def test_senders_of_spans_older_than_the_retention_are_told(
    days_ago: list[float], retention_days: int, warnings: list[str]
) -> None:
    body = [span(str(number), days) for number, days in enumerate(days_ago)]

    assert warnings == accept(body, retention_days=retention_days).warnings


@pytest.mark.parametrize("metadata", [{}, {"a": 1}])
def test_a_receipt_names_the_trace_that_was_sent_and_tells_of_strangers(
    metadata: dict[str, int],
) -> None:
    spans = [span("1", trace_id="other"), span("2")]
    receipt = accept({"trace_id": "t", "metadata": metadata, "spans": spans}, Form.TRACE)

    assert "t" == receipt.trace_id
    assert ["1 span belongs to another trace"] == receipt.warnings
