"""Plain connections to the fakes, without the tenth of a second that setting up TLS takes."""

from __future__ import annotations

import ssl

import httpx

_CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def wire() -> httpx.AsyncHTTPTransport:
    return httpx.AsyncHTTPTransport(verify=_CONTEXT)
