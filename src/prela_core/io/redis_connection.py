"""Redis: for now, whether it answers."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from prela_core.errors import SettingsError, UnavailableError

__all__ = ["RedisConnection"]


class RedisConnection:
    """The Redis at `url` (`redis://`, `rediss://` or `unix://`), for one event loop.

    It connects when it is first asked, and again after it was cut off. Whatever is asked has
    `patience` seconds. Raises `SettingsError` for a URL that can't be read.
    """

    def __init__(self, url: str, *, patience: float = 2.0) -> None:
        self._patience = patience
        try:
            self._client = Redis.from_url(
                url,
                client_name="prela",
                # Once more, for a connection may have broken while nobody used it.
                retry=Retry(NoBackoff(), 1),
            )
        except ValueError:  # its sentence may quote the password
            raise SettingsError(
                "REDIS_URL can't be read: it is of the form redis://:password@host:6379/0"
            ) from None

    async def ping(self) -> None:
        """Return when Redis answers; raise `UnavailableError` when it does not."""
        try:
            async with asyncio.timeout(self._patience):
                await self._client.ping()
        except (RedisError, OSError, TimeoutError) as error:
            raise UnavailableError("Redis does not answer.") from error

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()
