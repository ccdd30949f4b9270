"""One small trace, as it is sent and as it is answered: the examples of the document.

The answers are not written down but computed, by the code that answers real requests, so that
an example can't tell what is no longer true.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import attrs
import msgspec

from prela_core.analysis import (
    AgentGraph,
    CriticalPath,
    TraceDiff,
    agent_graph,
    critical_path,
    diff_traces,
)
from prela_core.model import to_micros, to_rfc3339
from prela_core.store import Page, SearchHit, StoredSpan, TraceDetail, TraceSummary
from prela_core.store.rows import stored_span
from prela_core.store.search_plan import hit_from_texts
from prela_core.store.summary import detail, summarise
from prela_core.store.words import SEARCHED_FIELDS
from prela_core.wire import Limits, decode_batch
from prela_server.query.documents import OTHER_TRACE_ID

__all__ = ["CURSOR", "DELETION_ID", "SESSION_ID", "TRACE_ID", "WORD", "Samples"]

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
CURSOR = "3q2-71sxMjM0NTY3ODksMTc2ODQ3ODQwMDAwMDAwMCwiMGFmNyJd"
"""What a cursor looks like; it leads nowhere."""
WORD = "refund"
SESSION_ID = "session-7"
DELETION_ID = "del_9f2c81b6a04e7d35c8aa"

_ROOT = "00f067aa0ba902b7"


@attrs.frozen(slots=False)
class Samples:
    """The trace of an agent that answered a customer at `moment`, which was not long ago.

    Somebody who sends it should find it among the newest.
    """

    moment: datetime = datetime(2026, 1, 15, 12, tzinfo=UTC)

    @cached_property
    def trace(self) -> dict[str, Any]:
        """The trace as it is posted, with the agent's step and one call of a model."""
        return {
            "trace_id": TRACE_ID,
            "service_name": "support-agent",
            "metadata": {"release": "2026.1"},
            "spans": [
                {
                    "span_id": _ROOT,
                    "trace_id": TRACE_ID,
                    "parent_span_id": None,
                    "name": "answer the customer",
                    "span_type": "agent",
                    "started_at": self._at(0),
                    "ended_at": self._at(1900),
                    "status": "success",
                    "attributes": {"session.id": SESSION_ID, "user.id": "user-42"},
                },
                {
                    "span_id": "b7ad6b7169203331",
                    "trace_id": TRACE_ID,
                    "parent_span_id": _ROOT,
                    "name": "chat gpt-4o",
                    "span_type": "llm",
                    "started_at": self._at(250),
                    "ended_at": self._at(1600),
                    "status": "success",
                    "attributes": {
                        "gen_ai.provider.name": "openai",
                        "gen_ai.request.model": "gpt-4o",
                        "gen_ai.usage.input_tokens": 412,
                        "gen_ai.usage.output_tokens": 58,
                        "input.value": "Where is my refund for order 1042?",
                        "output.value": "Your refund was sent on Monday.",
                    },
                },
            ],
        }

    @cached_property
    def span(self) -> dict[str, Any]:
        """One more step of it, a tool that failed, as it is posted."""
        return {
            "span_id": "53995c3f42cd8ad8",
            "trace_id": TRACE_ID,
            "parent_span_id": _ROOT,
            "name": "lookup_order",
            "span_type": "tool",
            "service_name": "support-agent",
            "started_at": self._at(1620),
            "ended_at": self._at(1880),
            "status": "error",
            "status_message": "the orders service did not answer",
            "attributes": {"tool.name": "lookup_order", "order": 1042},
            "events": [
                {
                    "name": "exception",
                    "timestamp": self._at(1880),
                    "attributes": {"exception.type": "TimeoutError"},
                }
            ],
        }

    @cached_property
    def otlp(self) -> dict[str, Any]:
        """The call of a model again, as an exporter of OpenTelemetry posts it in JSON."""
        call = self.trace["spans"][1]
        started = to_micros(self.moment + timedelta(milliseconds=250))
        span = {
            "traceId": TRACE_ID,
            "spanId": call["span_id"],
            "parentSpanId": _ROOT,
            "name": call["name"],
            "kind": "SPAN_KIND_CLIENT",
            "startTimeUnixNano": f"{started}000",
            "endTimeUnixNano": f"{started + 1_350_000}000",
            "attributes": [
                {"key": key, "value": _otlp_value(value)}
                for key, value in call["attributes"].items()
            ],
        }
        resource = [{"key": "service.name", "value": {"stringValue": "support-agent"}}]
        return {
            "resourceSpans": [
                {
                    "resource": {"attributes": resource},
                    "scopeSpans": [{"scope": {"name": "my.agent"}, "spans": [span]}],
                }
            ]
        }

    @cached_property
    def trace_detail(self) -> TraceDetail:
        """The answer of `/api/v1/traces/{trace_id}` once trace and span were sent."""
        return detail(self._summary, list(self._stored))

    @property
    def trace_page(self) -> Page[TraceSummary]:
        """A page of `/api/v1/traces`."""
        return Page(items=[self._summary], next_cursor=CURSOR)

    @property
    def span_page(self) -> Page[StoredSpan]:
        """The first page of `/api/v1/traces/{trace_id}/spans`, of one span."""
        return Page(items=list(self._stored[:1]), next_cursor=CURSOR)

    @property
    def critical_path(self) -> CriticalPath:
        """The trace's critical path."""
        return critical_path(self._stored)

    @property
    def graph(self) -> AgentGraph:
        """Who called whom in the trace."""
        return agent_graph(self._stored)

    @property
    def diff(self) -> TraceDiff:
        """The trace compared with a later run, which was slower and gave another answer."""
        root, call, *_ = self._stored
        later = [
            attrs.evolve(root, trace_id=OTHER_TRACE_ID, span_id="1111111111111111"),
            attrs.evolve(
                call,
                trace_id=OTHER_TRACE_ID,
                span_id="2222222222222222",
                parent_span_id="1111111111111111",
                duration_ms=call.duration_ms + 900,
                output="Your refund is on its way.",
            ),
        ]
        return diff_traces(self.trace_detail, detail(summarise(later), later))

    @property
    def search_page(self) -> Page[SearchHit]:
        """The page of `/api/v1/search` for `WORD`."""
        span = self._stored[1]
        said = {name: getattr(span, name) or "" for name in SEARCHED_FIELDS}
        texts = {
            name: bytes(text).decode() if isinstance(text, msgspec.Raw) else text
            for name, text in said.items()
        }
        field, cut, marks = hit_from_texts(texts, [WORD])
        hit = SearchHit(
            trace_id=span.trace_id,
            span_id=span.span_id,
            name=span.name,
            span_type=span.span_type,
            service_name=span.service_name,
            started_at=span.started_at,
            status=span.status,
            field=field,
            excerpt=cut,
            highlights=marks,
        )
        return Page(items=[hit], next_cursor=None)

    @cached_property
    def _stored(self) -> Sequence[StoredSpan]:
        received_at = to_micros(self.moment) + 2_000_000
        inherited = {"service_name": self.trace["service_name"]}
        body = [inherited | span for span in (*self.trace["spans"], self.span)]
        decoded = decode_batch(msgspec.json.encode(body), received_at=received_at, limits=Limits())
        return [stored_span(record, received_at) for record in decoded.spans]

    @cached_property
    def _summary(self) -> TraceSummary:
        return summarise(self._stored, msgspec.Raw(msgspec.json.encode(self.trace["metadata"])))

    def _at(self, milliseconds: int) -> str:
        return to_rfc3339(to_micros(self.moment + timedelta(milliseconds=milliseconds)))


def _otlp_value(value: str | int) -> dict[str, str]:
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}
