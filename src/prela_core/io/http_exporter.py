"""Spans to a Prela server over HTTP."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

import httpx
import msgspec

from prela_core.errors import UnavailableError
from prela_core.io.http_connection import connect
from prela_core.io.http_errors import raise_for_problem, translated
from prela_core.model import Span
from prela_core.wire.encode import trace_to_json

__all__ = ["HttpExporter"]

_ATTEMPTS = 4
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_SPANS_A_REQUEST = 1000


class HttpExporter:
    """Posts spans to `{url}/v1/traces` as gzipped Prela JSON; call it with the spans.

    It returns after the server took all of them. What may pass (no connection, 429, a fault of
    the server) is tried four times in all, after 0.1, 0.2 and 0.4 seconds or as `Retry-After`
    says, up to 5 seconds: a program waits meanwhile. Then it raises `UnavailableError`; for a
    refusal at once the `InputError` of its status. Sending spans again is safe: a server sees
    each once.

    A `url` that can be no server's, and an `api_key` that can be no key, are an `InvalidError` at
    once. `timeout` is in seconds and for each attempt. `transport` and `sleep` are for tests.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
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
        for attempt in range(1, _ATTEMPTS + 1):
            pause = _FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)
            try:
                with translated(self._url):
                    answer = self._client.post(self._url, content=body)
                pause = _retry_after(answer, pause)
                raise_for_problem(answer)
            except UnavailableError:
                if attempt == _ATTEMPTS:
                    raise
                self._sleep(min(pause, _LONGEST_PAUSE_SECONDS))
            else:
                return


def _groups(spans: Sequence[Span]) -> Iterator[Sequence[Span]]:
    by_trace: dict[str, list[Span]] = {}
    for span in spans:
        by_trace.setdefault(span.trace_id, []).append(span)
    for group in by_trace.values():
        for at in range(0, len(group), _SPANS_A_REQUEST):
            yield group[at : at + _SPANS_A_REQUEST]


def _retry_after(answer: httpx.Response, otherwise: float) -> float:
    """Read `Retry-After` in seconds (RFC 9110); its other form, a date, is not waited for."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else otherwise
