"""Web pages, as people read them.

Their addresses are configured, and where they lead is anybody's: the connection goes through the
guard, at every hop.
"""

from __future__ import annotations

import hashlib
from typing import Unpack

from selectolax.lexbor import LexborHTMLParser

from prela_agents.errors import MalformedAnswerError
from prela_agents.http import Answer, GuardedTransport, Http
from prela_agents.model import Cursor, Item, ItemKind, Page, Platform
from prela_agents.platforms.connecting import Options
from prela_agents.platforms.plain_text import plain_text

__all__ = ["PageSource", "connect"]

_LARGEST_BYTES = 4 * 1024 * 1024


def connect(**options: Unpack[Options]) -> Http:
    """Connect to pages anywhere on the public net; `transport` may let further hosts through."""
    options.setdefault("transport", GuardedTransport())
    return Http(
        Platform.WEB,
        None,
        headers={"Accept": "text/html, text/plain;q=0.9"},
        redirects=True,
        max_bytes=_LARGEST_BYTES,
        **options,
    )


class PageSource:
    """The page at `url`: one item for each text that it has had.

    Its time is when it was first seen to say so. `hash` in `extra` is SHA-256 of the text, which
    claims are checked by.
    """

    platform = Platform.WEB

    def __init__(self, http: Http, url: str) -> None:
        self.name = f"web:page/{url}"
        self._http = http
        self._url = url

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give the page as it is now."""
        del cursor
        answer = await self._http.get(self._url)
        title, text = _read(answer)
        digest = hashlib.sha256(text.encode()).hexdigest()
        item = Item(
            platform=Platform.WEB,
            id=f"{self._url}#{digest[:16]}",
            kind=ItemKind.PAGE,
            url=self._url,
            created_at=self._http.clock.now(),
            source=self.name,
            where=self._url,
            title=title,
            text=text,
            extra={"hash": digest},
        )
        return Page((item,), None)


def _read(answer: Answer) -> tuple[str, str]:
    kind = answer.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    if kind == "text/plain":
        title, text = "", answer.text().strip()
    elif kind in {"text/html", "application/xhtml+xml"}:
        html = answer.text()
        head = LexborHTMLParser(html).css_first("title")
        title = " ".join(head.text().split()) if head is not None else ""
        text = plain_text(html, chrome=False)
    else:
        raise MalformedAnswerError(answer.platform, f"{answer.url} is no page but {kind}")
    if not text:
        # A page that is drawn by its scripts has nothing for us; that is no change of it.
        raise MalformedAnswerError(answer.platform, f"the page at {answer.url} has no text")
    return title, text
