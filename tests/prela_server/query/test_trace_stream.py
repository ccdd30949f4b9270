from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import msgspec
import pytest
from starlette.responses import Response, StreamingResponse

from prela_core.errors import StoreUnavailableError
from prela_core.store import OpenTrace, StoredSpan, TraceDetail
from prela_core.testing.factories import stored_span, trace_detail, trace_summary
from prela_server.query.trace_stream import trace_answer

SPANS = [stored_span(span_id=f"{at:04}") for at in range(25)]


@attrs.define
class Read:
    """Groups that are read one by one, and what has been read so far."""

    groups: Sequence[Sequence[StoredSpan] | Exception]
    taken: int = 0

    def opened(self) -> OpenTrace:
        count = sum(len(group) for group in self.groups if not isinstance(group, Exception))
        return OpenTrace(summary=trace_summary(span_count=count), groups=self._each())

    def _each(self) -> Iterator[Sequence[StoredSpan]]:
        for group in self.groups:
            self.taken += 1
            if isinstance(group, Exception):
                raise group
            yield group


async def ask(question: Callable[[], Any]) -> Any:
    return question()


def grouped(size: int) -> Read:
    return Read([SPANS[at : at + size] for at in range(0, len(SPANS), size)])


@pytest.mark.parametrize("size", [1, 7, 12, 13, 24])
def test_what_is_streamed_is_the_trace(size: int) -> None:
    async def pieces() -> bytes:
        answer = await trace_answer(grouped(size).opened(), ask)
        assert isinstance(answer, StreamingResponse)
        assert "content-length" not in answer.headers
        return b"".join([bytes(piece) async for piece in answer.body_iterator])

    whole = trace_detail(*SPANS)
    streamed = msgspec.json.decode(asyncio.run(pieces()), type=TraceDetail)
    assert SPANS == streamed.spans
    assert set(msgspec.json.decode(msgspec.json.encode(whole))) == set(
        msgspec.json.decode(asyncio.run(pieces()))
    )
    assert trace_summary().name == streamed.name


@pytest.mark.parametrize("groups", [[], [SPANS]])
def test_a_small_trace_is_answered_as_a_whole(groups: list[list[StoredSpan]]) -> None:
    answer = asyncio.run(trace_answer(Read(groups).opened(), ask))

    assert type(answer) is Response
    assert [span for group in groups for span in group] == msgspec.json.decode(
        answer.body, type=TraceDetail
    ).spans


def test_nothing_is_read_ahead_of_the_client() -> None:
    async def takes_two() -> int:
        read = grouped(1)
        answer = await trace_answer(read.opened(), ask)
        assert isinstance(answer, StreamingResponse)
        pieces = aiter(answer.body_iterator)
        for _ in range(4):  # the row, and three groups
            await anext(pieces)
        return read.taken

    assert 3 == asyncio.run(takes_two())


def test_a_store_that_fails_midway_ends_the_stream_without_an_end() -> None:
    async def fails() -> bytes:
        read = Read([SPANS[:5], SPANS[5:9], StoreUnavailableError("away")])
        answer = await trace_answer(read.opened(), ask)
        assert isinstance(answer, StreamingResponse)
        sent = b""
        try:
            async for piece in answer.body_iterator:
                sent += bytes(piece)
        except StoreUnavailableError:
            return sent
        pytest.fail("the failure was hidden")

    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(asyncio.run(fails()))
