"""The operation that follows what arrives."""

from __future__ import annotations

from prela_core.store import Arrivals
from prela_server.accounts import Scope
from prela_server.docs.operation import ASKING, QUERY, Operation
from prela_server.docs.samples import CURSOR, Samples
from prela_server.query.documents import PARAMETERS, SPAN_PARAMETERS, ParameterNote
from prela_server.query.live_routes import LIVE_PARAMETERS
from prela_server.query.live_stream import EVENTS

__all__ = ["live_operations"]

_NOTES = {
    "query": SPAN_PARAMETERS["query"],
    "cursor": ParameterNote(
        PARAMETERS["cursor"].schema,
        "The `next_cursor` of the answer before, also after a lost connection or a restart.",
        None,
    ),
    "since": ParameterNote(
        PARAMETERS["start_time"].schema,
        "Begin with what was stored at this moment or later, instead of with a `cursor`.",
        "2026-01-15T12:00:00Z",
    ),
}


def live_operations(samples: Samples) -> list[Operation]:
    """Give the operation of `/api/v1/live`."""
    return [
        Operation(
            method="GET",
            path="/api/v1/live",
            name="followSpans",
            tag=QUERY,
            summary="Follow spans as they arrive",
            description="The spans that were stored since, in the order in which they were: ask "
            "once without `cursor` to learn where the store stands, then with the `next_cursor` of "
            "each answer, about once a second. Nothing is left out between two cursors. A span "
            "comes when it is first stored and once more when it has ended or was corrected; one "
            "that is sent again may come again, and is told by its ids and `ended_at`. What a "
            "query says of other spans of the trace is about those that have arrived by then.\n\n"
            "With `Accept: text/event-stream` the answer is a stream of server-sent events, as "
            "browsers' `EventSource` reads them: each `spans` event is such an answer, and its id "
            "is where to go on, which is sent back as `Last-Event-ID` after a lost connection.",
            scope=Scope.READ,
            query=LIVE_PARAMETERS,
            notes=_NOTES,
            shown={"since": "2026-01-15T12:00:00Z", "limit": "1"},
            answer=Arrivals,
            answer_text="The spans that came since, and where to go on.",
            given=Arrivals(items=samples.span_page.items, next_cursor=CURSOR),
            others=(EVENTS,),
            errors=ASKING,
        )
    ]
