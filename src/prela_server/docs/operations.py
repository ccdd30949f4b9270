"""The operations of the API as values: what each is for, takes and answers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import attrs
import msgspec

from prela_core.store import Page, SearchHit, StoredSpan, TraceDetail, TraceSummary
from prela_server.accounts import Scope
from prela_server.docs.analysis_operations import analysis_operations
from prela_server.docs.deletion_operations import deletion_operations
from prela_server.docs.export_operations import export_operations
from prela_server.docs.live_operations import live_operations
from prela_server.docs.metric_operations import metric_operations
from prela_server.docs.operation import ASKING, HEALTH, INGEST, QUERY, SENDING, TAGS, Operation
from prela_server.docs.samples import TRACE_ID, WORD, Samples
from prela_server.docs.schemas import Health, Readiness
from prela_server.docs.sql_operations import sql_operations
from prela_server.ingest.documents import (
    BatchDocument,
    ImportDocument,
    OtlpAnswer,
    OtlpDocument,
    PartialSuccess,
    SpanDocument,
    TraceDocument,
)
from prela_server.ingest.routes import AcceptedBatch, AcceptedSpan, AcceptedTrace
from prela_server.query.documents import SPAN_PARAMETERS
from prela_server.query.parameters import PAGE_PARAMETERS
from prela_server.query.routes import FIND_PARAMETERS, LIST_PARAMETERS, SEARCH_PARAMETERS

__all__ = ["TAGS", "Operation", "operations"]

_REFUSED = "1 of 2 spans were refused: trace_id has 15 bytes, not 16 (span 1)"
_ONE_SENTENCE = "Everything that is known of one trace, with all of its spans."


def operations(samples: Samples) -> list[Operation]:
    """Give all operations, in the order for reading, with examples from `samples`."""
    return [
        *_ingest(samples),
        *_query(samples),
        *metric_operations(samples),
        *live_operations(samples),
        *deletion_operations(samples),
        *sql_operations(),
        *export_operations(samples),
        *_health(),
    ]


def _ingest(samples: Samples) -> list[Operation]:
    warnings: list[str] = []
    otlp = Operation(
        method="POST",
        path="/v1/otlp/v1/traces",
        name="sendOtlp",
        tag=INGEST,
        summary="Send spans with OpenTelemetry",
        description="OTLP over HTTP, as JSON or as protobuf: where exporters of OpenTelemetry "
        "send to when `OTEL_EXPORTER_OTLP_ENDPOINT` is this server's address and "
        "`/v1/otlp`. Attributes of a resource are kept on each of its spans as "
        "`resource.<key>`, and its `service.name` as the service. A span that can't be taken "
        "is counted in `partialSuccess`, and does not fail the others. Exporters send again "
        "after 429, 502, 503 and 504, and give up after any other refusal.",
        scope=Scope.INGEST,
        body=OtlpDocument,
        sent={"A call of a model": samples.otlp},
        answer=OtlpAnswer,
        answer_text="What was not refused is durable.",
        given=OtlpAnswer(partialSuccess=PartialSuccess(rejectedSpans="1", errorMessage=_REFUSED)),
        errors=tuple(each for each in SENDING if each != HTTPStatus.UNPROCESSABLE_ENTITY),
        otlp=True,
    )
    return [
        Operation(
            method="POST",
            path="/v1/traces",
            name="sendTrace",
            tag=INGEST,
            summary="Send a trace",
            description="A trace with all or some of its spans. Of what it says about itself only "
            "id, service name, metadata and attributes are kept; all else is computed from its "
            "spans. OTLP is taken at this address too: as `application/x-protobuf`, or as JSON "
            "that holds `resourceSpans`. It is answered as at `/v1/otlp/v1/traces`.",
            scope=Scope.INGEST,
            body=TraceDocument,
            sent={"A trace of two spans": samples.trace},
            answer=AcceptedTrace,
            answer_text="What was taken is durable.",
            given=AcceptedTrace(
                status="accepted",
                trace_id=TRACE_ID,
                spans=2,
                total=2,
                rejected=[],
                warnings=warnings,
            ),
            errors=SENDING,
        ),
        otlp,
        attrs.evolve(
            otlp,
            path="/api/public/otel/v1/traces",
            name="sendLangfuse",
            summary="Send spans with Langfuse's SDK",
            description="OTLP as at `/v1/otlp/v1/traces`, at the address below the base URL where "
            "Langfuse's SDK sends to. Its secret key, which it sends as a Basic password, is the "
            "API key.",
        ),
        Operation(
            method="POST",
            path="/v1/spans",
            name="sendSpan",
            tag=INGEST,
            summary="Send one span",
            description="One step, at its end or while it runs. For many spans, a batch is faster.",
            scope=Scope.INGEST,
            body=SpanDocument,
            sent={"A tool that failed": samples.span},
            answer=AcceptedSpan,
            answer_text="The span is durable.",
            given=AcceptedSpan(
                status="accepted",
                span_id=samples.span["span_id"],
                trace_id=TRACE_ID,
                warnings=warnings,
            ),
            errors=SENDING,
        ),
        Operation(
            method="POST",
            path="/v1/batch",
            name="sendBatch",
            tag=INGEST,
            summary="Send many spans",
            description="Spans of any traces, up to 50,000. A span that can't be taken is named "
            "in `rejected` and does not fail the others; only when none can be taken is the "
            "answer 422.",
            scope=Scope.INGEST,
            body=BatchDocument,
            sent={"Two spans": {"spans": [*samples.trace["spans"][:1], samples.span]}},
            answer=AcceptedBatch,
            answer_text="What was taken is durable.",
            given=AcceptedBatch(
                status="accepted", ingested=2, total=2, rejected=[], warnings=warnings
            ),
            errors=SENDING,
        ),
        Operation(
            method="POST",
            path="/v1/import",
            name="importSpans",
            tag=INGEST,
            summary="Import exported spans",
            description="Spans as `/api/v1/export` gives them. Each keeps the moment it was "
            "received, so that of two versions of a span the same one is seen here as there, and "
            "sending them again changes nothing. What was deleted since that moment stays deleted.",
            scope=Scope.INGEST,
            body=ImportDocument,
            sent={"A span": {"spans": _plain(samples.trace_detail.spans[:1])}},
            answer=AcceptedBatch,
            answer_text="What was taken is durable.",
            given=AcceptedBatch(
                status="accepted", ingested=1, total=1, rejected=[], warnings=warnings
            ),
            errors=SENDING,
        ),
    ]


def _query(samples: Samples) -> list[Operation]:
    return [
        Operation(
            method="GET",
            path="/api/v1/traces",
            name="listTraces",
            tag=QUERY,
            summary="List traces",
            description="The traces for which every given condition holds, newest first unless "
            "another order is asked for.",
            scope=Scope.READ,
            query=LIST_PARAMETERS,
            attributes=True,
            shown={"status": "error", "limit": "5"},
            answer=Page[TraceSummary],
            answer_text="A page of traces.",
            given=samples.trace_page,
            errors=ASKING,
        ),
        Operation(
            method="GET",
            path="/api/v1/traces/{trace_id}",
            name="getTrace",
            tag=QUERY,
            summary="Show one trace",
            description=f"{_ONE_SENTENCE} A large trace is sent as it is "
            "read, so that neither side need hold all of it.",
            tagged=True,
            scope=Scope.READ,
            answer=TraceDetail,
            answer_text="The trace.",
            given=samples.trace_detail,
            errors=(
                HTTPStatus.NOT_FOUND,
                HTTPStatus.UNPROCESSABLE_ENTITY,
                HTTPStatus.SERVICE_UNAVAILABLE,
            ),
        ),
        Operation(
            method="GET",
            path="/api/v1/traces/{trace_id}/spans",
            name="listSpans",
            tag=QUERY,
            summary="List the spans of a trace",
            description="The spans of one trace in pages, by start, then by id.",
            scope=Scope.READ,
            query=PAGE_PARAMETERS,
            shown={"limit": "1"},
            answer=Page[StoredSpan],
            answer_text="A page of spans.",
            given=samples.span_page,
            errors=(*ASKING, HTTPStatus.NOT_FOUND),
        ),
        *analysis_operations(samples),
        Operation(
            method="GET",
            path="/api/v1/search",
            name="search",
            tag=QUERY,
            summary="Search in traces",
            description="The traces that hold the words of `q`, newest first, one hit for each: "
            "its newest span that holds them, with an excerpt. Filters narrow the search.",
            scope=Scope.READ,
            query=SEARCH_PARAMETERS,
            required=("q",),
            attributes=True,
            shown={"q": WORD},
            answer=Page[SearchHit],
            answer_text="A page of hits.",
            given=samples.search_page,
            errors=ASKING,
        ),
        Operation(
            method="GET",
            path="/api/v1/spans",
            name="findSpans",
            tag=QUERY,
            summary="Find spans",
            description="The spans, of whatever traces, that `query` describes, newest first "
            "unless another order is asked for.",
            scope=Scope.READ,
            query=FIND_PARAMETERS,
            notes=SPAN_PARAMETERS,
            shown={"query": "type:llm duration>1s", "limit": "5"},
            answer=Page[StoredSpan],
            answer_text="A page of spans.",
            given=samples.span_page,
            errors=ASKING,
        ),
    ]


def _health() -> list[Operation]:
    lives = Operation(
        method="GET",
        path="/health",
        name="health",
        tag=HEALTH,
        summary="Does the process live?",
        description="Answers as long as the process does, whatever its parts can do.",
        scope=None,
        answer=Health,
        answer_text="It lives.",
        given=Health(status="healthy"),
    )
    return [
        lives,
        attrs.evolve(
            lives,
            path="/api/v1/health",
            name="apiHealth",
            summary="The same, under the API's prefix",
            description="The same as `/health`.",
        ),
        Operation(
            method="GET",
            path="/ready",
            name="ready",
            tag=HEALTH,
            summary="Can it do its work?",
            description="Asks the bus and the store; each has 5 seconds to answer. 503 names the "
            "parts that don't.",
            scope=None,
            answer=Readiness,
            answer_text="All parts answer.",
            given=Readiness(status="ready", parts={"bus": "ready", "store": "ready"}),
        ),
    ]


def _plain(value: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))
