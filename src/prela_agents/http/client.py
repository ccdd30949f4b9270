"""One platform over HTTP, with all that must be minded."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

import anyio
import attrs
import httpx

from prela_agents.errors import (
    ExpiredTokenError,
    LimitedError,
    MalformedAnswerError,
    NotSentError,
    PlatformError,
    UncertainError,
)
from prela_agents.http.asking_again import ask_if_changed, keep
from prela_agents.http.call import Answer, Call
from prela_agents.http.etags import ETags, Saved
from prela_agents.http.limits import Buckets, Limits, plain
from prela_agents.http.reach import CONNECT_SECONDS, Reach, host_of
from prela_agents.http.redaction import Redaction
from prela_agents.http.refusals import error_of, excerpt, may_try_again
from prela_agents.http.refused_often import RefusedOften
from prela_agents.http.spend import Budget
from prela_agents.http.system_clock import SystemClock
from prela_agents.ports.clock import Clock
from prela_core import __version__

__all__ = ["Http", "Patience"]

_log = logging.getLogger("prela.agents.http")

_NOT_MODIFIED = 304
_UNAUTHORIZED = 401
_AGENT = f"prela-agents/{__version__}"
_NO_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout)
_DEADLINES = 4
"""A call may take so many times its timeout, which is for each piece of the answer alone."""


@attrs.frozen
class _Sent:
    """A call on its way."""

    call: Call
    request: httpx.Request
    saved: Saved | None
    redact: Redaction


@attrs.frozen
class _Failed:
    """An attempt that gave nothing: whether another makes sense, and whether it says when."""

    error: PlatformError
    final: bool
    says_when: bool = False


@attrs.frozen(kw_only=True)
class Patience:
    """How often a call is tried, and how many seconds it may wait between tries altogether."""

    attempts: int = 4
    first_pause: float = 1.0
    longest_wait: float = 120.0


class Http:
    """Asks one platform, with one login.

    `headers` go with every call, such as `Authorization`; `secrets` are further texts that no
    error may show. `base_url` may be None for web pages: then paths are whole addresses, and
    `transport` is a `GuardedTransport`. `redirects` are followed only where asked for.

    Errors are `PlatformError`s, whose text names the platform and the address and quotes the
    start of the answer. What can be tried again is, for calls that are `repeatable`; of others
    only limits are waited for beforehand.
    """

    def __init__(
        self,
        platform: str,
        base_url: str | None,
        *,
        limits: Limits = plain,
        headers: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
        clock: Clock | None = None,
        patience: Patience | None = None,
        etags: ETags | None = None,
        budget: Budget | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        redirects: bool = False,
        timeout_seconds: float = 30.0,
        max_bytes: int = 16 * 1024 * 1024,
    ) -> None:
        self.platform = platform
        self.base_url = None if base_url is None else base_url.rstrip("/")
        self.clock: Clock = clock or SystemClock()
        self._limits = limits
        self._headers = {"User-Agent": _AGENT, **(headers or {})}
        self._secrets = tuple(secrets)
        self._patience = patience or Patience()
        self._etags = etags
        self._budget = budget
        self._deadline = timeout_seconds * _DEADLINES
        self._max_bytes = max_bytes
        self._buckets = Buckets()
        self._refused_often = RefusedOften()
        self._reach = Reach()
        self._expired: set[str] = set()
        self._client = httpx.AsyncClient(
            transport=transport,
            follow_redirects=redirects,
            timeout=httpx.Timeout(timeout_seconds, connect=min(timeout_seconds, CONNECT_SECONDS)),
        )

    async def __aenter__(self) -> Self:
        """Use it for a block."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(
        self, path: str, params: Mapping[str, str | int] | None = None, *, bucket: str = ""
    ) -> Answer:
        """Read."""
        return await self.send(Call(path=path, params=params or {}, bucket=bucket))

    async def send(self, call: Call) -> Answer:
        """Make the call, as often as it takes and may take.

        Raises `PlatformError`; for a call that is not repeatable, `NotSentError` and
        `RefusedError` say that certainly nothing happened.
        """
        headers = {**self._headers, **call.headers}
        redact = Redaction.of_headers(headers, *self._secrets)
        request = self._request(call, headers, redact)
        saved = ask_if_changed(request, self._etags)
        login = request.headers.get("authorization", "")
        if login and login in self._expired:
            raise ExpiredTokenError(
                self.platform, "the login was refused before; give a new one", answered=401
            )
        sent = _Sent(call, request, saved, redact)
        if self._reach.given_up(host_of(request.url), self.clock.monotonic()):
            said = f"{host_of(request.url)} can't be reached, and was not asked again"
            raise NotSentError(self.platform, said)
        waited = 0.0
        for attempt in range(1, self._patience.attempts + 1):
            now = self.clock.monotonic()
            wait = max(self._buckets.wait(call.bucket, now), self._refused_often.wait(now))
            waited = await self._wait(wait, waited)
            if self._budget is not None:
                self._budget.charge(self.platform, call.cost_usd, self.clock.now())
            outcome = await self._attempt(sent)
            if isinstance(outcome, Answer):
                return outcome
            if outcome.final or attempt == self._patience.attempts:
                raise outcome.error
            _log.info("trying again: %s", outcome.error)
            if not outcome.says_when:
                pause = self._patience.first_pause * 2 ** (attempt - 1)
                waited = await self._wait(pause, waited)
        raise ValueError("patience is for one attempt at least")

    async def _attempt(self, sent: _Sent) -> Answer | _Failed:
        try:
            with anyio.fail_after(self._deadline):
                response, body = await self._once(sent.request)
        except (httpx.TransportError, TimeoutError) as error:
            last = isinstance(error, _NO_CONNECTION) and self._reach.failed(
                host_of(sent.request.url), self.clock.monotonic()
            )
            return _Failed(self._broken(sent, error), final=last or not sent.call.repeatable)
        except httpx.RequestError as error:  # too many redirects, a broken encoding
            said = f"{sent.call.method} {sent.request.url} can't be read: {error}"
            return _Failed(MalformedAnswerError(self.platform, sent.redact(said)), final=True)
        self._reach.answered(host_of(sent.request.url))
        status = response.status_code
        reading = self._limits(status, _lower(response.headers), body, self.clock.now())
        self._buckets.read(sent.call.bucket, reading, self.clock.monotonic())
        self._refused_often.note(status, self.clock.monotonic())
        if status == _NOT_MODIFIED and sent.saved is not None:
            return self._answer(response, sent.saved.body, cached=sent.saved)
        again = may_try_again(status, reading)
        if response.is_success and not again:
            keep(sent.request, response, body, self._etags)
            return self._answer(response, body)
        if status == _UNAUTHORIZED:
            self._expired.add(sent.request.headers.get("authorization", ""))
        said = f"{sent.call.method} {sent.request.url} answered {status}: {excerpt(body)}"
        refusal = error_of(
            self.platform,
            sent.redact(said),
            status=status,
            reading=reading,
            repeatable=sent.call.repeatable,
        )
        final = not again or not sent.call.repeatable
        return _Failed(refusal, final=final, says_when=reading.retry_after is not None)

    def _request(self, call: Call, headers: Mapping[str, str], redact: Redaction) -> httpx.Request:
        base = self.base_url or ""
        whole = call.path.startswith(("http://", "https://"))
        try:
            url = httpx.URL(call.path if whole else base + call.path)
        except httpx.InvalidURL as error:
            said = redact(f"{call.path!r} is no address: {error}")
            raise MalformedAnswerError(self.platform, said) from None
        if self.base_url is not None and whole and not _same_host(url, httpx.URL(base)):
            # A login must not go where an answer points to.
            raise MalformedAnswerError(self.platform, f"{redact(str(url))} is on another host")
        return self._client.build_request(
            call.method,
            url,
            params=dict(call.params) or None,
            headers=dict(headers),
            json=call.json,
            data=dict(call.form) if call.form is not None else None,
        )

    async def _once(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > self._max_bytes:
                    raise MalformedAnswerError(
                        self.platform, f"the answer has more than {self._max_bytes} bytes"
                    )
        finally:
            await response.aclose()
        return response, bytes(body)

    async def _wait(self, seconds: float, waited: float) -> float:
        """Wait, unless the call has waited too long then; gives how long it has."""
        if seconds <= 0:
            return waited
        if waited + seconds > self._patience.longest_wait:
            raise LimitedError(
                self.platform,
                f"it wants {seconds:.0f} s of waiting, and a call waits "
                f"{self._patience.longest_wait:.0f} s at most; the next run goes on",
                retry_after=seconds,
            )
        await self.clock.sleep(seconds)
        return waited + seconds

    def _broken(self, sent: _Sent, error: Exception) -> NotSentError | UncertainError:
        why = str(error) or type(error).__name__
        if isinstance(error, _NO_CONNECTION):
            said = sent.redact(f"{host_of(sent.request.url)} can't be reached: {why}")
            return NotSentError(self.platform, said)
        said = sent.redact(f"{sent.call.method} {sent.request.url} broke: {why}")
        if sent.call.repeatable or isinstance(error, httpx.PoolTimeout):
            return NotSentError(self.platform, said)
        return UncertainError(self.platform, said)

    def _answer(self, response: httpx.Response, body: bytes, cached: Saved | None = None) -> Answer:
        headers = _lower(response.headers)
        if cached is not None and cached.content_type:
            headers["content-type"] = cached.content_type
        return Answer(
            platform=self.platform,
            url=str(response.url),
            status=response.status_code,
            headers=headers,
            body=body,
            cached=cached is not None,
        )


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _same_host(one: httpx.URL, other: httpx.URL) -> bool:
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)
