"""The ingest gateway: bytes in, a receipt out once every accepted span is durable on the bus."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import anyio.to_thread
import attrs

from prela_core.bus import Bus
from prela_core.errors import InvalidError
from prela_core.model import SpanRecord
from prela_core.store.export.reading import read_stored
from prela_core.wire import (
    Decoded,
    Limits,
    Rejected,
    ScopeFilter,
    decode_batch,
    decode_otlp_json,
    decode_otlp_protobuf,
    decode_span,
    decode_trace,
)
from prela_core.wire.forms import Form

__all__ = ["IngestGateway", "Receipt", "ReceiptClock"]

_DAY = 86_400_000_000
# Decoding takes about 8 ns a byte; longer than a millisecond it would hold up other requests.
_INLINE_BYTES = 128 * 1024
_NAMED = 20
_AT_ONCE = 64


_Decode = Callable[..., Decoded]


@attrs.frozen
class Receipt:
    """What became of a request: every span in `accepted` is durable."""

    accepted: list[SpanRecord]
    trace_id: str
    total: int
    rejected: list[Rejected]
    warnings: list[str]


class ReceiptClock:
    """Gives the moments of receipt in microseconds, each later than the one before.

    Two versions of a span are told apart by their receipts, so no two may be alike.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._last = 0

    def __call__(self) -> int:
        """Give the next moment."""
        self._last = max(self._now(), self._last + 1)
        return self._last


class IngestGateway:
    """Receives spans for any number of projects and hands them to the bus.

    `retention_days` (0: for ever) is only for telling senders of spans that are older. OTLP spans
    whose instrumentation scope is one of `drop_scopes`, which are globs, are taken and thrown away.
    """

    def __init__(
        self,
        bus: Bus,
        *,
        clock: ReceiptClock,
        limits: Limits,
        retention_days: int,
        drop_scopes: Sequence[str] = (),
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._limits = limits
        self._retention = retention_days * _DAY
        dropped = ScopeFilter(drop_scopes)
        self._decoders: Mapping[Form, _Decode] = {
            Form.SPAN: decode_span,
            Form.BATCH: decode_batch,
            Form.TRACE: decode_trace,
            Form.OTLP_PROTOBUF: partial(decode_otlp_protobuf, dropped=dropped),
            Form.OTLP_JSON: partial(decode_otlp_json, dropped=dropped),
        }

    async def accept(self, project_id: str, form: Form, body: bytes) -> Receipt:
        """Take what `body` holds into `project_id`; returns once it is durable.

        Raises an `InputError` when nothing of it can be taken, and an `UnavailableError` when
        nothing is promised.
        """
        received_at = self._clock()

        def decode() -> Decoded:
            return self._decoders[form](body, received_at=received_at, limits=self._limits)

        if len(body) > _INLINE_BYTES:
            decoded = await anyio.to_thread.run_sync(decode)
        else:
            decoded = decode()
        if decoded.spans or decoded.traces:
            await self._bus.publish(decoded.batch(project_id, received_at))
        return Receipt(
            accepted=decoded.spans,
            trace_id=decoded.trace_id or (decoded.spans[0].trace_id if decoded.spans else ""),
            total=decoded.total,
            rejected=decoded.rejected,
            warnings=_strangers(decoded) + self._warnings(decoded.spans, received_at),
        )

    async def accept_stored(self, project_id: str, body: bytes) -> Receipt:
        """Take exported spans into `project_id`, received when they were first.

        Returns once they are durable, and raises as `accept` does.
        """
        now = self._clock()
        read = await anyio.to_thread.run_sync(lambda: read_stored(project_id, body, now=now))
        if not read.batches and read.rejected:
            raise InvalidError(
                "none of it can be taken",
                [
                    {"pointer": f"/{each.index}", "detail": each.reason}
                    for each in read.rejected[:_NAMED]
                ],
            )
        for start in range(0, len(read.batches), _AT_ONCE):
            some = read.batches[start : start + _AT_ONCE]
            await asyncio.gather(*map(self._bus.publish, some))
        return Receipt(
            accepted=read.spans,
            trace_id="",
            total=read.total,
            rejected=read.rejected,
            warnings=self._warnings(read.spans, now),
        )

    async def ready(self) -> None:
        """Return when spans can be taken; raise an `UnavailableError` when not."""
        await self._bus.ready()

    def _warnings(self, spans: list[SpanRecord], received_at: int) -> list[str]:
        if not self._retention:
            return []
        oldest = received_at - self._retention
        count = sum(span.started_at < oldest for span in spans)
        if not count:
            return []
        days = self._retention // _DAY
        those = "1 span" if count == 1 else f"{count} spans"
        ago = "1 day" if days == 1 else f"{days} days"
        return [f"{those} started over {ago} ago and may be removed at any time"]


def _strangers(decoded: Decoded) -> list[str]:
    """Say that spans name another trace than the one they were sent with; theirs counts."""
    if not decoded.trace_id:
        return []
    count = sum(span.trace_id != decoded.trace_id for span in decoded.spans)
    if not count:
        return []
    return [f"{'1 span belongs' if count == 1 else f'{count} spans belong'} to another trace"]
