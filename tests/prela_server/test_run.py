from __future__ import annotations

import asyncio
import socket

import pytest

from prela_server.run import _bind
from prela_server.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_answers_of_several_packets_do_not_wait_for_each_other(host: str) -> None:
    async def nodelay() -> int:
        seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted = writer.get_extra_info("socket")
            seen.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with _bind(Settings(host=host, port=0)) as listener:
            async with await asyncio.start_server(connected, sock=listener):
                _, writer = await asyncio.open_connection(*listener.getsockname()[:2])
                try:
                    return await seen
                finally:
                    writer.close()
                    await writer.wait_closed()

    assert asyncio.run(nodelay()) != 0
