"""What becomes of the spans of an OTLP request, and the bounds on all of them together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from prela_core.errors import MalformedError, TooLargeError
from prela_core.model import SpanRecord
from prela_core.wire.decoded import Decoded, Rejected
from prela_core.wire.limits import Limits
from prela_core.wire.normalise import RejectedSpanError
from prela_core.wire.otlp_noise import adopt
from prela_core.wire.otlp_origin import Origin
from prela_core.wire.otlp_span import OtlpSpan, otlp_record, span_key

__all__ = ["Collected"]

_GROWTH = 4
"""How many times the bound on a body its spans may take as records: what is two bytes of protobuf
may be fifty of JSON."""
_LEAST_EVENT = 32
"""Bytes of the bound on a body for each event and link. Exporters write more, for a name and a
moment; what has fewer is made to keep us busy with empty ones, in spans that are refused too."""

_SHOWN = 128
"""Characters of an id that an answer repeats."""


@attrs.define
class Collected:
    """What has become of the spans of a request so far; `dropped` has the parents by both ids."""

    received_at: int
    limits: Limits
    taken: list[SpanRecord] = attrs.field(factory=list)
    rejected: list[Rejected] = attrs.field(factory=list)
    dropped: dict[tuple[str, str], str] = attrs.field(factory=dict)
    undecodable: int = 0
    index: int = 0
    size: int = 0
    events: int = 0

    @property
    def most_size(self) -> int:
        """How many bytes of JSON all records may take."""
        return _GROWTH * self.limits.body

    @property
    def most_events(self) -> int:
        """How many events and links all spans may have."""
        return self.limits.body // _LEAST_EVENT

    def decoded(self, total: int) -> Decoded:
        """Give what was taken and refused of `total` spans.

        Raises `MalformedError` when there are only such as can't be decoded.
        """
        if self.undecodable and self.undecodable == total:
            raise MalformedError(self.rejected[0].reason)
        if self.dropped:
            adopt(self.taken, self.dropped)
        return Decoded(self.taken, [], self.rejected, total)

    def add(
        self,
        raw: Any,
        read: Callable[[Any], OtlpSpan],
        origin: Origin | RejectedSpanError,
        *,
        drops: bool,
    ) -> None:
        """Read one span, and make a record of it if it can be taken and is wanted.

        Raises `TooLargeError` when this one is too much.
        """
        span_id = None
        try:
            span = read(raw)
            span_id = span.span_id.hex()[:_SHOWN] or None
            self._count_events(len(span.events) + len(span.links))
            if drops:
                self.dropped[span_key(span)] = span.parent_span_id.hex()
            elif isinstance(origin, RejectedSpanError):
                self._refuse(span_id, str(origin))
            else:
                self._take(
                    otlp_record(span, origin, received_at=self.received_at, limits=self.limits)
                )
        except RejectedSpanError as error:
            self._refuse(span_id, str(error))
        except MalformedError as error:
            self.undecodable += 1
            self._refuse(span_id, str(error))
        except RecursionError:
            self._refuse(span_id, "the span nests too deeply")
        self.index += 1

    def put(self, record: SpanRecord, events: int) -> None:
        """Take a record that is made, of a span with so many events and links; raises likewise."""
        self._count_events(events)
        self._take(record)
        self.index += 1

    def put_all(self, records: list[SpanRecord], *, events: int, size: int) -> None:
        """Take records that keep to the bounds, with all their events and of all their JSON."""
        self.events += events
        self.size += size
        self.taken += records
        self.index += len(records)

    def _count_events(self, events: int) -> None:
        self.events += events
        most = self.most_events
        if self.events > most:
            raise TooLargeError(f"over {most:,} events and links in one request; send it in parts")

    def _take(self, record: SpanRecord) -> None:
        self.taken.append(record)
        self.size += len(record.attributes) + len(record.events) + len(record.links)
        most = self.most_size
        if self.size > most:
            raise TooLargeError(f"the spans take over {most:,} bytes as JSON; send them in parts")

    def _refuse(self, span_id: str | None, reason: str) -> None:
        self.rejected.append(Rejected(self.index, span_id, reason))
