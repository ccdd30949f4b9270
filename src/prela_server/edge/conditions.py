"""Answers that the client has already: `ETag` and `If-None-Match` of RFC 9110."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from prela_core import __version__

__all__ = ["entity_tag", "head_answer", "is_known", "not_modified"]


def entity_tag(stamp: str) -> str:
    """Make the tag of an answer: a weak one, since another version may spell the same otherwise."""
    return f'W/"{stamp}-{__version__}"'


def is_known(request: Request, tag: str) -> bool:
    """Say whether the client has the answer of this tag."""
    sent = ",".join(request.headers.getlist("if-none-match"))
    known = {each.strip().removeprefix("W/") for each in sent.split(",")}
    return "*" in known or tag.removeprefix("W/") in known


def head_answer(tag: str) -> Response:
    """Answer a HEAD by the tag alone: how long the body would be is not known without it."""
    answer = Response(headers={"ETag": tag}, media_type="application/json")
    del answer.headers["content-length"]
    return answer


def not_modified(tag: str) -> Response:
    """Answer that what the client has is what it would get."""
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
