"""What arrives, over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from prela_core.store import Arrivals, ArrivalsRequest, Reader
from prela_server.accounts import Scope
from prela_server.edge.answers import json_answer
from prela_server.edge.guard import Guard
from prela_server.edge.stopping import stopping_of
from prela_server.query.live_stream import EVENTS, LiveStreams, resumed, wants_events
from prela_server.query.parameters import Parameters

__all__ = ["LIVE_PARAMETERS", "live_routes"]

LIVE_PARAMETERS = ("query", "cursor", "since", "limit")

Ask = Callable[[Callable[[], Any]], Awaitable[Any]]


def live_routes(reader: Reader, guard: Guard, ask: Ask) -> list[Route]:
    """Give `/api/v1/live`; `ask` runs a question beside the loop."""
    streams = LiveStreams()

    async def live(request: Request) -> Response:
        project = (await guard(request, Scope.READ)).project_id
        sent = Parameters(request.query_params, LIVE_PARAMETERS)
        limit = sent.number("limit")
        wanted = ArrivalsRequest(
            cursor=sent.text("cursor"),
            since=sent.moment("since"),
            where=sent.span_filter().where,
            limit=50 if limit is None else limit,
        )

        async def answer(wanted: ArrivalsRequest) -> Arrivals:
            await guard(request, Scope.READ)  # of a stream the key may have been revoked
            found: Arrivals = await ask(lambda: reader.arrivals(project, wanted))
            return found

        if not wants_events(request):
            return json_answer(await answer(wanted))
        streams.require_room()
        wanted = resumed(request, wanted)
        first = await answer(wanted)
        events = streams.events(answer, first, wanted, stopping_of(request))
        # nginx would else hold back what is sent until it has enough of it
        return StreamingResponse(events, media_type=EVENTS, headers={"X-Accel-Buffering": "no"})

    return [Route("/api/v1/live", live)]
