from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.parts import free_port
from tests.redis_server import RedisServer

from prela_core.errors import SettingsError, UnavailableError
from prela_core.io.redis_connection import RedisConnection


@asynccontextmanager
async def connected(url: str, **options: Any) -> AsyncIterator[RedisConnection]:
    connection = RedisConnection(url, **options)
    try:
        yield connection
    finally:
        await connection.close()


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 30))


def test_redis_that_is_there_answers_again_and_again(redis_server: RedisServer) -> None:
    async def test() -> None:
        async with connected(redis_server.url) as redis:
            await redis.ping()
            await redis.ping()

    run(test())


def test_redis_that_is_not_there() -> None:
    async def test() -> None:
        async with connected(f"redis://:hunter2@127.0.0.1:{free_port()}/0") as redis:
            with pytest.raises(UnavailableError) as caught:
                await redis.ping()
            assert "hunter2" not in f"{caught.value}{caught.value.__cause__}"

    run(test())


def test_redis_that_was_away_in_between(redis_server: RedisServer) -> None:
    async def test() -> None:
        async with connected(redis_server.url) as redis:
            await redis.ping()
            redis_server.kill()
            redis_server.start()
            await redis.ping()  # the broken connection is nobody's error
            redis_server.kill()
            try:
                with pytest.raises(UnavailableError):
                    await redis.ping()
            finally:
                redis_server.start()
            await redis.ping()

    run(test())


def test_redis_that_hangs_is_waited_for_only_so_long(redis_server: RedisServer) -> None:
    async def test() -> None:
        async with connected(redis_server.url, patience=0.2) as redis:
            with redis_server.frozen(), pytest.raises(UnavailableError):
                await redis.ping()
            await redis.ping()

    run(test())


@pytest.mark.parametrize("url", ["", "http://:hunter2@x", "redis://:hunter2@[::1/0"])
def test_urls_that_are_refused_are_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^REDIS_URL") as caught:
        RedisConnection(url)
    assert "hunter2" not in str(caught.value)
