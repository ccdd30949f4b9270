"""Following an answer to its end: whole, streamed, or raw and not yet read.

Streams and responses keep their identity and their types. What is followed is followed on the
object itself: its iterator and its closing. A stream's own `close` and those of the helpers
around it all close the response below, so that is where an abandoned stream is seen.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from prela_core.instrumentation.clients.call import Call

__all__ = ["follow"]

_END: Any = object()


def follow(answer: Any, call: Call) -> None:
    """End `call` when `answer` has come to its end, which may be now."""
    if hasattr(answer, "response") and hasattr(answer, "_iterator"):
        _follow_stream(answer, call)
    elif hasattr(answer, "http_response") and hasattr(answer, "parse"):
        _follow_raw(answer, call)
    else:
        call.end(answer)


def _follow_stream(stream: Any, call: Call) -> None:
    pieces = stream._iterator  # noqa: SLF001 - both ways to iterate go through it, and no public one
    is_async = hasattr(pieces, "__anext__")
    stream._iterator = _apieces(pieces, call) if is_async else _pieces(pieces, call)  # noqa: SLF001 - likewise
    _at_close(stream.response, call, call.end)


def _pieces(pieces: Iterator[Any], call: Call) -> Iterator[Any]:
    while True:
        with _pulling(call):
            piece = next(pieces, _END)
        if piece is _END:
            call.end()
            return
        call.take(piece)
        try:
            yield piece
        except GeneratorExit:
            call.end()  # whoever read it has let go of it
            raise


async def _apieces(pieces: AsyncIterator[Any], call: Call) -> AsyncIterator[Any]:
    while True:
        with _pulling(call):
            piece = await anext(pieces, _END)
        if piece is _END:
            call.end()
            return
        call.take(piece)
        try:
            yield piece
        except GeneratorExit:
            call.end()  # whoever read it has let go of it
            raise


def _follow_raw(raw: Any, call: Call) -> None:
    """Follow what `with_raw_response` or `with_streaming_response` gave.

    Read as a whole or parsed, it is recorded as a whole. Of one whose bytes the program takes
    piece by piece only the end is seen.
    """
    response = raw.http_response
    if response.is_closed:
        call.end(_content(response))
        return

    def parsed(given: Any) -> None:
        if hasattr(given, "_iterator"):
            _follow_stream(given, call)
        else:
            call.end(given)

    def read(_content_bytes: bytes) -> None:
        call.end(_content(response))

    raw.parse = _then(raw.parse, call, parsed)
    response.read = _then(response.read, call, read)
    response.aread = _then(response.aread, call, read)
    _at_close(response, call, call.end)


def _then(
    method: Callable[..., Any], call: Call, done: Callable[[Any], None]
) -> Callable[..., Any]:
    """Give `method`, sync or async, so that what it gives is handed to `done` as well."""

    async def awaited(given: Any) -> Any:
        with _pulling(call):
            found = await given
        done(found)
        return found

    def called(*args: Any, **options: Any) -> Any:
        with _pulling(call):
            given = method(*args, **options)
        if hasattr(given, "__await__"):
            return awaited(given)
        done(given)
        return given

    return called


@contextmanager
def _pulling(call: Call) -> Iterator[None]:
    """Keep the end for ourselves while the answer is read: its closing comes before its content."""
    was_pulling, call.is_pulling = call.is_pulling, True
    try:
        yield
    except BaseException as error:
        call.fail(error)
        raise
    finally:
        call.is_pulling = was_pulling


def _content(response: Any) -> Any:
    """Give what was read of a response, if it is JSON."""
    try:
        return response.json()
    except Exception:  # noqa: BLE001 - not read, not all of it, or a stream of events
        return None


def _at_close(response: Any, call: Call, ended: Callable[[], None]) -> None:
    """Let `ended` be called when the response is closed from outside of its iterator."""
    close, aclose = response.close, response.aclose

    def closed() -> None:
        try:
            close()
        finally:
            if not call.is_pulling:
                ended()

    async def aclosed() -> None:
        try:
            await aclose()
        finally:
            if not call.is_pulling:
                ended()

    response.close, response.aclose = closed, aclosed
