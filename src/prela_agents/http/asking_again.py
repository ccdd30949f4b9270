"""Asking whether an answer that was kept is still the same, in the headers of a request."""

from __future__ import annotations

import httpx

from prela_agents.http.etags import ETags, Saved, cache_key

__all__ = ["ask_if_changed", "keep"]


def ask_if_changed(request: httpx.Request, etags: ETags | None) -> Saved | None:
    """Put into `request` what is kept of its answer, and give that; None for nothing."""
    if etags is None or request.method != "GET":
        return None
    saved = etags.get(_key(request))
    if saved is None:
        return None
    if saved.etag:
        request.headers["If-None-Match"] = saved.etag
    if saved.last_modified:
        request.headers["If-Modified-Since"] = saved.last_modified
    return saved


def keep(
    request: httpx.Request, response: httpx.Response, body: bytes, etags: ETags | None
) -> None:
    """Keep an answer by which the platform may be asked again."""
    etag = response.headers.get("etag", "")
    modified = response.headers.get("last-modified", "")
    if etags is not None and request.method == "GET" and (etag or modified):
        kind = response.headers.get("content-type", "")
        etags.put(_key(request), Saved(etag, modified, kind, body))


def _key(request: httpx.Request) -> str:
    return cache_key(
        str(request.url),
        request.headers.get("authorization", ""),
        request.headers.get("accept", ""),
    )
