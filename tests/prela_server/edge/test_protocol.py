from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import structlog
import uvicorn
import uvloop

from prela_server.edge.protocol import BoundedHttp

LOOPS = [uvloop.new_event_loop, asyncio.new_event_loop]
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Served:
    """A server whose only page says "here", as soon as `answering` is set."""

    def __init__(self, **bounds: Any) -> None:
        self.answering = asyncio.Event()
        self.answering.set()
        self.asked = 0
        self.server = uvicorn.Server(
            uvicorn.Config(
                self._page,
                interface="asgi3",
                proxy_headers=False,
                port=0,
                http=type("Http", (BoundedHttp,), bounds),
                lifespan="off",
                log_config=None,
                timeout_graceful_shutdown=20,
            )
        )

    async def _page(self, _scope: Any, _receive: Any, send: Any) -> None:
        self.asked += 1
        await self.answering.wait()
        headers = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"here"})

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        port = self.server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(**bounds: Any) -> AsyncIterator[Served]:
    served = Served(**bounds)
    served.server.config.load()
    served.server.lifespan = served.server.config.lifespan_class(served.server.config)
    await served.server.startup()
    try:
        yield served
    finally:
        await served.server.shutdown()


def run(test: Callable[[], Any], loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await test()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(bounded())


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 - a state of parts that tell nobody
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("loop", LOOPS)
def test_what_crosses_with_the_stop_is_answered_and_is_the_last(loop: Any) -> None:
    async def test() -> None:
        async with serving() as served, served.connected() as (reader, writer):
            for _ in range(2):
                writer.write(GET)
                assert b"close" not in (await reader.readuntil(b"here")).lower()
            stopping = asyncio.create_task(served.server.shutdown())
            (connection,) = served.server.server_state.connections
            await until(lambda: connection._stopping)
            writer.write(GET)
            answer = await reader.read()
            assert answer.endswith(b"here")
            assert b"connection: close" in answer.lower()
            await stopping

    run(test, loop)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("part", [b"", GET[:-2]], ids=["nothing", "half a head"])
def test_who_asks_nothing_more_is_let_go(loop: Any, part: bytes) -> None:
    async def test() -> None:
        async with serving() as served, served.connected() as (reader, writer):
            writer.write(part)
            await until(lambda: served.server.server_state.connections)
            await served.server.shutdown()
            assert b"" == await reader.read()
            assert 0 == served.asked

    run(test, loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_more_connections_than_there_is_room_for_are_refused_and_that_is_said_once(
    loop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedHttp, "_told_at", None)

    async def assert_served(at: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        at[1].write(GET)
        assert (await at[0].readuntil(b"here")).startswith(b"HTTP/1.1 200 ")

    async def test() -> None:
        async with serving(most_connections=2) as served:
            async with served.connected() as one, served.connected() as two:
                for _ in range(3):
                    async with served.connected() as (reader, _):
                        answer = await reader.read()
                        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
                        assert b"retry-after: 2" in answer.lower()
                await assert_served(one)
                await assert_served(two)
            await until(lambda: not served.server.server_state.connections)
            async with served.connected() as one:
                await assert_served(one)

    with structlog.testing.capture_logs() as said:
        run(test, loop)
    assert ["connections are refused"] == [line["event"] for line in said]


@pytest.mark.parametrize("loop", LOOPS)
def test_a_late_head_does_not_cut_off_the_answer_before_it(loop: Any) -> None:
    async def test() -> None:
        async with (
            serving(head_seconds=0.05) as served,
            served.connected() as (reader, writer),
        ):
            served.answering.clear()
            writer.write(GET + GET[:10])
            await until(lambda: served.asked)
            (connection,) = served.server.server_state.connections
            await until(lambda: connection._deadline is not None)
            first = connection._deadline
            await until(lambda: connection._deadline not in (None, first))  # it passed, in vain
            served.answering.set()
            answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert b"hereHTTP/1.1 408 Request Timeout\r\n" in answer

    run(test, loop)
