"""Reading a body: decoded, bounded in size and in time."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from prela_core.errors import MalformedError, TooLargeError, UnsupportedMediaError
from prela_core.wire import Inflater

__all__ = ["check_json_type", "media_type", "read_body", "read_json_body"]

_JSON_TYPES = frozenset({"application/json", "text/json", ""})


def media_type(request: Request) -> str:
    """Give the media type of the body in lower case, without parameters; "" for none said."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def check_json_type(request: Request, *others: str) -> None:
    """Let pass a body that says it is JSON, or says nothing.

    Raises `UnsupportedMediaError`; `others` are what else the address reads.
    """
    sent = media_type(request)
    if sent not in _JSON_TYPES and not sent.endswith("+json"):
        instead = " or ".join(["application/json", *others])
        raise UnsupportedMediaError(f"content type {sent[:60]!r} is not read here; send {instead}")


async def read_json_body(request: Request, *, limit: int, seconds: float) -> bytes:
    """Give the decoded body of a request that says it is JSON, or says nothing."""
    check_json_type(request)
    return await read_body(request, limit=limit, seconds=seconds)


async def read_body(request: Request, *, limit: int, seconds: float) -> bytes:
    """Give the body of a request, its encoding undone.

    Raises `UnsupportedMediaError` for an unknown encoding, `TooLargeError` as soon as more than
    `limit` bytes have come out of it, `MalformedError`, and answers 408 after `seconds`.
    """
    inflater = Inflater(request.headers.get("content-encoding"), limit)
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) > limit:
        # Compressed or not, more than the limit arrives; there is no need to wait for it.
        raise TooLargeError(f"the body has {int(announced):,} bytes; at most {limit:,} are taken")
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.stream():
                inflater.feed(piece)
    except TimeoutError:
        raise HTTPException(
            HTTPStatus.REQUEST_TIMEOUT, f"the body did not arrive within {seconds:g} s"
        ) from None
    except ClientDisconnect:
        raise MalformedError("the body ended before it was complete") from None
    return inflater.finish()
