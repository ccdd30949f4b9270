"""A client light enough not to be the bottleneck: raw sockets and requests made beforehand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import attrs

__all__ = ["Outcome", "get", "post", "send_all"]


@attrs.define
class Outcome:
    """What a load came to. `latencies` are seconds, one for each request, sorted."""

    seconds: float
    latencies: list[float]
    refused: int

    def percentile(self, share: float) -> float:
        """Give the latency in milliseconds that `share` of the requests did not exceed."""
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)] * 1000


def post(path: str, body: bytes) -> bytes:
    """Make the bytes of one request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def send_all(url: str, requests: Sequence[bytes], connections: int) -> Outcome:
    """Send `requests` over so many connections, each waiting for its answer before the next."""
    waiting = iter(requests)
    latencies: list[float] = []
    refused = 0

    async def one_connection() -> None:
        nonlocal refused
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        for request in waiting:
            began = time.perf_counter()
            writer.write(request)
            refused += not await _answered(reader)
            latencies.append(time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one_connection() for _ in range(connections)))
    return Outcome(time.perf_counter() - began, sorted(latencies), refused)


async def _answered(reader: asyncio.StreamReader) -> bool:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
    return head.startswith(b"HTTP/1.1 200")


async def get(url: str, path: str, times: int) -> Outcome:
    """Ask for `path` again and again on one connection."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    return await send_all(url, [request] * times, 1)
