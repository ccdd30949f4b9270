"""A trace that the client may have already, over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from prela_core.store import Reader
from prela_server.edge.conditions import entity_tag, head_answer, is_known, not_modified
from prela_server.query.trace_stream import trace_answer

__all__ = ["tagged_trace"]

Ask = Callable[[Callable[[], Any]], Awaitable[Any]]


async def tagged_trace(
    request: Request, reader: Reader, project_id: str, trace_id: str, ask: Ask
) -> Response | None:
    """Answer with a trace and its tag, or that the client has it; None when it is not there."""
    # Looked at first: what arrives in between is answered now, and once more at the next question.
    stamp = await ask(lambda: reader.stamp(project_id, trace_id))
    if stamp is None:
        return None
    tag = entity_tag(stamp)
    if is_known(request, tag):
        return not_modified(tag)
    if request.method == "HEAD":
        return head_answer(tag)
    trace = await ask(lambda: reader.open_trace(project_id, trace_id))
    if trace is None:
        return None
    answer = await trace_answer(trace, ask)
    answer.headers["ETag"] = tag
    return answer
