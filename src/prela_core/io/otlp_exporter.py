"""Spans to any OpenTelemetry collector or backend, by OTLP over HTTP."""

from __future__ import annotations

import gzip
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import unquote

import httpx

from prela_core.errors import (
    InputError,
    PrelaError,
    SettingsError,
    TooLargeError,
    UnavailableError,
)
from prela_core.io.http_connection import PerProcess, connect
from prela_core.io.http_errors import raise_for_problem, translated
from prela_core.io.retries import attempted, retry_after
from prela_core.io.sending import Refusals, send_each
from prela_core.io.url_login import without_login
from prela_core.model import Span
from prela_core.wire.otlp_forms import JsonForm, OtlpForm, ProtobufForm
from prela_core.wire.parts import Encoded, parts_of

__all__ = ["OtlpExporter"]

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_SPANS_A_REQUEST = 1000
_BYTES_A_REQUEST = 2 * 1024 * 1024
"""Before compression. Collectors take 20 MiB by default, some services but 4 or 5."""

_DEFAULT_ENDPOINT = "http://localhost:4318"
_PATH = "/v1/traces"
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TOO_LARGE = 413
_RETRYABLE = frozenset({429, 502, 503, 504})
"""By the OTLP specification ("OTLP/HTTP Response"); after any other, trying again is wrong."""


class OtlpExporter:
    """Posts spans to an OTLP/HTTP endpoint; call it with the spans.

    `endpoint` is a base such as `http://collector:4318`, to which `/v1/traces` is added unless it
    ends so. Without one, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is taken as it stands, or
    `OTEL_EXPORTER_OTLP_ENDPOINT` as a base, or else `http://localhost:4318`. `headers` go with each
    request, before them those of `OTEL_EXPORTER_OTLP_HEADERS` and `…_TRACES_HEADERS`, each
    `key=value` pairs with commas between, as OpenTelemetry has them. Those of the environment are
    for the endpoint of the environment: they do not go to an `endpoint` that is given.

    `encoding` is `json`, which needs no more than this library and which every OTLP receiver
    should take, or `protobuf`, for one that does not, with the extra `prela-core[otlp]`; without
    either, `OTEL_EXPORTER_OTLP_PROTOCOL` (`http/json`, `http/protobuf`) decides only where it is
    set. Bodies are gzipped unless `compress` is False.

    It returns after the endpoint took the spans. No connection, 429, 502, 503 and 504 are tried
    again as `HttpExporter` does, and then raise `UnavailableError`; any other failure raises a
    `PrelaError` at once. Spans refused by a `partialSuccess` are counted in `refused`, and the
    first of them logged.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        encoding: Literal["json", "protobuf"] | None = None,
        compress: bool = True,
        attempts: int = 4,
        timeout: float = 10.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._form = _form(encoding or _encoding_of_environment())
        url = _with_path(endpoint) if endpoint else _url_of_environment()
        self.url = without_login(url)
        own = {} if endpoint else _headers_of_environment()
        self._headers = _checked(own | dict(headers or {}))
        self._headers["Content-Type"] = self._form.content_type
        if compress:
            self._headers["Content-Encoding"] = "gzip"
        self._clients = PerProcess(lambda: connect(url, None, timeout=timeout, transport=transport))
        self._compress = compress
        self._attempts = attempts
        self._sleep = sleep
        self._refusals = Refusals()

    @property
    def refused(self) -> int:
        """How many spans the endpoint refused one by one."""
        return self._refusals.count

    def __call__(self, spans: Sequence[Span]) -> None:
        """Send `spans`, of any traces."""
        encoded = map(self._form.encoded, spans)
        parts = parts_of(encoded, most=_SPANS_A_REQUEST, most_bytes=_BYTES_A_REQUEST)
        send_each(parts, self._send)

    def close(self) -> None:
        """Let go of the connections."""
        self._clients.client.close()

    def _send(self, part: list[Encoded[Any]]) -> None:
        body = self._form.request(part)
        if self._compress:
            body = gzip.compress(body, 6, mtime=0)

        def post() -> httpx.Response:
            with translated(self.url, server="a collector"):
                answer = self._clients.client.post(self.url, content=body, headers=self._headers)
            self._raise_for(answer)
            return answer

        answer = attempted(
            post,
            attempts=self._attempts,
            first_pause=_FIRST_PAUSE_SECONDS,
            longest_pause=_LONGEST_PAUSE_SECONDS,
            sleep=self._sleep,
        )
        refused, reason = self._form.refusal(answer.content)
        if refused > 0 or reason:
            self._refusals.note(self.url, refused, reason)

    def _raise_for(self, answer: httpx.Response) -> None:
        if answer.is_success:
            return
        reason = self._form.reason(answer.content) or f"{self.url} answered {answer.status_code}"
        if answer.status_code in _RETRYABLE:
            raise UnavailableError(reason, retry_after(answer))
        if answer.status_code == _TOO_LARGE:
            raise TooLargeError(reason)
        try:
            raise_for_problem(answer)
        except InputError as error:
            raise type(error)(reason if not answer.has_redirect_location else str(error)) from None
        except UnavailableError:
            raise PrelaError(reason) from None


def _form(encoding: str) -> OtlpForm:
    if encoding == "json":
        return JsonForm()
    if encoding == "protobuf":
        try:
            return ProtobufForm()
        except ImportError as error:
            raise SettingsError(
                "OTLP as protobuf needs the package opentelemetry-proto; install "
                "prela-core[otlp], or send JSON"
            ) from error
    raise SettingsError(f"{encoding!r} is no encoding of OTLP over HTTP; json and protobuf are")


def _checked(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        text = f"{name}{value}"
        if not (_HEADER_NAME.fullmatch(name) and text.isascii() and text.isprintable()):
            # Its value may be a secret, and is not shown.
            raise SettingsError(f"the header {name!r} has a name or a value that can't be sent")
    return headers


def _with_path(endpoint: str) -> str:
    base = endpoint.strip().rstrip("/")
    return base if base.endswith(_PATH) else base + _PATH


def _url_of_environment() -> str:
    if exact := os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").strip():
        return exact
    base = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip() or _DEFAULT_ENDPOINT
    return base.rstrip("/") + _PATH


def _encoding_of_environment() -> str:
    name = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
    sent = os.environ.get(name, "").strip()
    if not sent:
        name = "OTEL_EXPORTER_OTLP_PROTOCOL"
        sent = os.environ.get(name, "").strip() or "http/json"
    if not sent.startswith("http/"):
        raise SettingsError(
            f"{name}={sent} is no protocol of this exporter; http/json and http/protobuf are"
        )
    return sent.removeprefix("http/")


def _headers_of_environment() -> dict[str, str]:
    headers: dict[str, str] = {}
    for name in ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"):
        for pair in os.environ.get(name, "").split(","):
            key, equals, value = pair.partition("=")
            if not pair.strip():
                continue
            if not (equals and key.strip()):
                # The pair itself may be a secret, and is not shown.
                raise SettingsError(f"{name} must hold key=value pairs with commas between")
            headers[unquote(key.strip()).lower()] = unquote(value.strip())
    return headers
