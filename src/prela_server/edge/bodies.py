"""Reading a body: decoded, bounded in size and in time."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from prela_core.errors import MalformedError, TooLargeError, UnsupportedMediaError
from prela_core.wire import Inflater

__all__ = ["read_json_body"]

_JSON_TYPES = frozenset({"application/json", "text/json", ""})


async def read_json_body(request: Request, *, limit: int, seconds: float) -> bytes:
    """Give the decoded body of a request that says it is JSON, or says nothing.

    Raises `UnsupportedMediaError`, `TooLargeError` as soon as more than `limit` bytes have come
    out of the encoding, `MalformedError`, and answers 408 after `seconds`.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _JSON_TYPES and not media_type.endswith("+json"):
        raise UnsupportedMediaError(
            f"content type {media_type[:60]!r} is not read here; send application/json"
        )
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
