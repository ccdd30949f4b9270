"""A client light enough not to be the bottleneck: raw sockets and requests made beforehand."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import attrs

__all__ = ["Outcome", "get", "posts", "send", "send_all"]


@attrs.define
class Outcome:
    """What a load came to. `latencies` are seconds, one for each request, sorted."""

    seconds: float
    latencies: list[float]
    refused: int

    def percentile(self, share: float) -> float:
        """Give the latency in milliseconds that `share` of the requests did not exceed."""
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)] * 1000


def posts(made: Sequence[dict[str, Any]], size: int) -> Iterator[bytes]:
    """Make the requests that send spans, `size` in each."""
    for start in range(0, len(made), size):
        if size == 1:
            yield _post("/v1/spans", json.dumps(made[start]).encode())
        else:
            yield _post("/v1/batch", json.dumps({"spans": made[start : start + size]}).encode())


def _post(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(url: str, requests: Sequence[bytes], connections: int) -> Outcome:
    """Send all, and end the program if any was refused: figures would say nothing then."""
    outcome = asyncio.run(send_all(url, requests, connections))
    if outcome.refused:
        sys.exit(f"{outcome.refused} of {len(requests)} requests were refused")
    return outcome


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
