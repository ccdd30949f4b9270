"""Spans to a Prela server over HTTP."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

import httpx
import msgspec

from prela_core.io.http_connection import connect
from prela_core.io.http_errors import raise_for_problem, translated
from prela_core.io.retries import attempted
from prela_core.model import Span
from prela_core.wire.encode import trace_to_json

__all__ = ["HttpExporter"]

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_SPANS_A_REQUEST = 1000


class HttpExporter:
    """Posts spans to `{url}/v1/traces` as gzipped Prela JSON; call it with the spans.

    It returns after the server took all of them. What may pass (no connection, 429, a fault of
    the server) is tried `attempts` times in all, after 0.1, 0.2, 0.4 … seconds or as
    `Retry-After` says, up to 5 seconds: a program waits meanwhile. Then it raises
    `UnavailableError`, whose `retry_after` is what the server said last; for a refusal at once the
    `InputError` of its status. Sending spans again is safe: a server sees each once. With
    `attempts=1` it is for the caller to try again.

    A `url` that can be no server's, and an `api_key` that can be no key, are an `InvalidError` at
    once. `timeout` is in seconds and for each attempt. `transport` and `sleep` are for tests.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        attempts: int = 4,
        timeout: float = 5.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = f"{url.rstrip('/')}/v1/traces"
        headers = {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
        }
        self._client = connect(url.rstrip("/"), api_key, timeout=timeout, transport=transport)
        self._client.headers.update(headers)
        self._attempts = attempts
        self._sleep = sleep

    def __call__(self, spans: Sequence[Span]) -> None:
        """Send `spans`, of any traces, in requests of one trace and 1,000 spans at most."""
        for group in _groups(spans):
            self._post(gzip.compress(msgspec.json.encode(trace_to_json(group)), 6, mtime=0))

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        """Give the exporter itself; it is closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def _post(self, body: bytes) -> None:
        def post() -> None:
            with translated(self._url):
                answer = self._client.post(self._url, content=body)
            raise_for_problem(answer)

        attempted(
            post,
            attempts=self._attempts,
            first_pause=_FIRST_PAUSE_SECONDS,
            longest_pause=_LONGEST_PAUSE_SECONDS,
            sleep=self._sleep,
        )


def _groups(spans: Sequence[Span]) -> Iterator[Sequence[Span]]:
    by_trace: dict[str, list[Span]] = {}
    for span in spans:
        by_trace.setdefault(span.trace_id, []).append(span)
    for group in by_trace.values():
        for at in range(0, len(group), _SPANS_A_REQUEST):
            yield group[at : at + _SPANS_A_REQUEST]
