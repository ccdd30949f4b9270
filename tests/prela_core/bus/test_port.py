from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prela_core.bus import Delivery
from prela_core.bus.port import joined, weight_of
from prela_core.model import SpanBatch, SpanRecord, TraceRecord
from prela_core.testing import span_record

BATCHES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=5)


def delivery_of(sizes: list[tuple[int, int]], *, divisible: bool = True) -> Delivery:
    batches = [
        SpanBatch(
            "p",
            at,
            [span_record(span_id=f"{at}-{each}") for each in range(spans)],
            [TraceRecord(f"{at}-{each}", "", 0, b"{}", b"{}") for each in range(traces)],
        )
        for at, (spans, traces) in enumerate(sizes)
    ]
    return Delivery(batches, [f"token {at}" for at in range(len(batches))], divisible)


def held(delivery: Delivery) -> list[tuple[str, SpanRecord | TraceRecord]]:
    return [
        (token, one)
        for batch, token in zip(delivery.batches, delivery.tokens, strict=True)
        for one in (*batch.spans, *batch.traces)
    ]


@given(BATCHES)
def test_halves_are_the_whole_and_end_at_single_ones(sizes: list[tuple[int, int]]) -> None:
    whole = delivery_of(sizes)
    pieces, finest = [whole], []
    while pieces:
        piece = pieces.pop()
        halves = piece.halves()
        if not halves:
            finest.append(piece)
            continue
        assert 2 == len(halves)
        assert sorted(map(str, held(piece))) == sorted(map(str, held(joined(halves))))
        assert sum(piece.weights) == sum(sum(half.weights) for half in halves)
        pieces += halves
    assert all(len(held(piece)) <= 1 for piece in finest)
    assert sum(weight_of(batch) for batch in whole.batches) == len(finest)


@given(BATCHES)
def test_whose_batches_are_answered_as_a_whole_ends_at_batches(
    sizes: list[tuple[int, int]],
) -> None:
    pieces, finest = [delivery_of(sizes, divisible=False)], []
    while pieces:
        piece = pieces.pop()
        halves = piece.halves()
        pieces += halves
        if not halves:
            finest.append(piece)
    assert sizes == [
        (len(piece.batches[0].spans), len(piece.batches[0].traces)) for piece in reversed(finest)
    ]
