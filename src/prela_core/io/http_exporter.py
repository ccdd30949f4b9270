"""Spans to a Prela server over HTTP."""

from __future__ import annotations

import gzip
import logging
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from prela_core.io.http_connection import PerProcess, connect
from prela_core.io.http_errors import raise_for_problem, translated
from prela_core.io.retries import attempted
from prela_core.io.sending import Refusals, send_each
from prela_core.io.url_login import without_login
from prela_core.model import Span
from prela_core.wire.parts import Encoded, body_of, encoded, parts_of

__all__ = ["HttpExporter"]

_log = logging.getLogger("prela")

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_SPANS_A_REQUEST = 1000
_BYTES_A_REQUEST = 4 * 1024 * 1024
"""Before compression, and far below the 20 MiB that a server takes."""

_HEADERS = {"Content-Type": "application/json", "Content-Encoding": "gzip"}


class _Receipt(msgspec.Struct):
    """What a server says of a request that it took; one of another make may say nothing."""

    rejected: list[dict[str, Any]] = []


class HttpExporter:
    """Posts spans to the server at `url` as gzipped Prela JSON; call it with the spans.

    It returns after the server took all of them. What may pass (no connection, 429, a fault of
    the server) is tried `attempts` times in all, after 0.1, 0.2, 0.4 … seconds or as
    `Retry-After` says, up to 5 seconds: a program waits meanwhile. Then it raises
    `UnavailableError`, whose `retry_after` is what the server said last; for a refusal at once the
    `InputError` of its status. Sending spans again is safe: a server sees each once. With
    `attempts=1` it is for the caller to try again.

    A request holds at most 1,000 spans and 4 MiB, and one that is too large for the server (413)
    goes in halves: one trace to `/v1/traces`, spans of several to `/v1/batch`. Spans that a
    server refuses while it takes others are counted in `refused`; the first are also logged. So is
    the first answer with words that are no server's of Prela: the URL may be another one's.

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
        url = url.rstrip("/")
        self.url = without_login(url)
        self._refusals = Refusals()
        self._has_warned = False
        self._clients = PerProcess(
            lambda: connect(url, api_key, timeout=timeout, transport=transport)
        )
        self._attempts = attempts
        self._sleep = sleep

    @property
    def refused(self) -> int:
        """How many spans the server refused one by one."""
        return self._refusals.count

    def __call__(self, spans: Sequence[Span]) -> None:
        """Send `spans`, of any traces."""
        parts = parts_of(encoded(spans), most=_SPANS_A_REQUEST, most_bytes=_BYTES_A_REQUEST)
        send_each(parts, self._send)

    def close(self) -> None:
        """Let go of the connections."""
        self._clients.client.close()

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

    def _send(self, part: list[Encoded[msgspec.Raw]]) -> None:
        path, text = body_of(part)
        body = gzip.compress(text, 6, mtime=0)

        def post() -> httpx.Response:
            with translated(self.url):
                answer = self._clients.client.post(path, content=body, headers=_HEADERS)
            raise_for_problem(answer)
            return answer

        answer = attempted(
            post,
            attempts=self._attempts,
            first_pause=_FIRST_PAUSE_SECONDS,
            longest_pause=_LONGEST_PAUSE_SECONDS,
            sleep=self._sleep,
        )
        try:
            rejected = msgspec.json.decode(answer.content, type=_Receipt).rejected
        except msgspec.MsgspecError:
            self._warn_of_another(answer)
            return
        if rejected:
            self._refusals.note(self.url, len(rejected), str(rejected[0].get("reason", "")))

    def _warn_of_another(self, answer: httpx.Response) -> None:
        """Say once that what took the spans may be any web server, which keeps none of them."""
        if answer.content and not self._has_warned:
            self._has_warned = True
            _log.warning(
                "%s took spans but did not answer as Prela does (%s); is it a Prela server?",
                self.url,
                answer.headers.get("content-type") or "no content type",
            )
