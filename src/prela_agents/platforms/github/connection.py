"""Connecting to GitHub, and going through its pages."""

from __future__ import annotations

import re
from typing import Unpack

import httpx
import msgspec

from prela_agents.http import Answer, Http
from prela_agents.http.limits import github
from prela_agents.model import Platform
from prela_agents.platforms.connecting import Options

__all__ = ["PER_PAGE", "User", "connect", "next_page"]

PER_PAGE = 100
_LINK = re.compile(r"<([^>]*)>\s*;([^,]*)")


def connect(
    token: str = "", base_url: str = "https://api.github.com", **options: Unpack[Options]
) -> Http:
    """Connect; without a token GitHub answers 60 calls an hour."""
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return Http(Platform.GITHUB, base_url, limits=github, headers=headers, **options)


class User(msgspec.Struct):
    """Somebody with an account."""

    login: str = ""


def next_page(answer: Answer, count: int, per_page: int) -> str | None:
    """Give the address of the next page, if there is one.

    The `Link` header names it. An answer out of the cache may come without: then a full page of
    `count` things has one after it, which may be empty.
    """
    for each in _LINK.finditer(answer.headers.get("link", "")):
        if 'rel="next"' in each[2]:
            return each[1]
    if not answer.cached or count < per_page:
        return None
    asked = httpx.URL(answer.url)
    number = int(asked.params.get("page", "1"))
    return str(asked.copy_set_param("page", str(number + 1)))
