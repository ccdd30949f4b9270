"""HTTP/1.1 with a bound on the head of a request, which uvicorn over httptools lacks."""

from __future__ import annotations

from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from prela_server.edge.problems import problem

__all__ = ["BoundedHttp"]

_HEAD_BYTES = 64 * 1024


class BoundedHttp(HttpToolsProtocol):
    """Ends connections whose request line and headers go on beyond 64 KiB.

    A header without end would take memory without end, and time that grows with its square.
    What arrives together with a head's beginning is not counted; asyncio reads 256 KiB at most.
    """

    _in_head = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Take what came in, and refuse the request when its head is too long."""
        was_in_head = self._in_head
        super().data_received(data)
        if not (was_in_head and self._in_head):
            return
        self._head_bytes += len(data)
        if self._head_bytes > _HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("the request's line and headers are too long")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, in the form of every other refusal, and end the connection."""
        refusal = problem(HTTPStatus.BAD_REQUEST, msg, headers={"Connection": "close"})
        head = [b"HTTP/1.1 400 Bad Request"]
        head += [name + b": " + value for name, value in refusal.raw_headers]
        self.transport.write(b"\r\n".join(head) + b"\r\n\r\n" + bytes(refusal.body))
        self.transport.close()

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that the head is complete."""
        self._in_head = False
        super().on_headers_complete()
