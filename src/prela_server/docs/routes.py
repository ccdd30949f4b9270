"""The document and its page over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from prela_server.docs.document import BASE_URL
from prela_server.docs.page import PAGE_POLICY, render_page

__all__ = ["docs_routes"]

# What a host and port are made of, also when a name is not ASCII or an address is IPv6.
_HOST = re.compile(r"[\w.-]{1,253}(:\d{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:\d{1,5})?")
_FOR_PROGRAMS = {"Link": '</openapi.json>; rel="service-desc"; type="application/json"'}


def docs_routes(build: Callable[[], dict[str, Any]]) -> list[Route]:
    """Give `/openapi.json`, `/docs` and `/`, which leads to it; no key is asked for.

    `build` makes the document; it is called once, when it is first asked for.
    """

    @cache
    def document() -> dict[str, Any]:
        return build()

    @cache
    def encoded() -> bytes:
        return msgspec.json.encode(document())

    @cache
    def page() -> str:
        return render_page(document())

    async def openapi(_: Request) -> Response:
        return Response(encoded(), media_type="application/json")

    async def docs(request: Request) -> Response:
        html = page().replace(BASE_URL, _own_url(request))
        headers = {"Content-Security-Policy": PAGE_POLICY, **_FOR_PROGRAMS}
        return Response(html, headers=headers, media_type="text/html")

    async def root(_: Request) -> Response:
        return RedirectResponse("/docs", headers=_FOR_PROGRAMS)

    return [
        Route("/openapi.json", openapi, include_in_schema=False),
        Route("/docs", docs, include_in_schema=False),
        Route("/", root, include_in_schema=False),
    ]


def _own_url(request: Request) -> str:
    """Give the address that the reader came by, for the curl lines."""
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host}" if _HOST.fullmatch(host) else BASE_URL
