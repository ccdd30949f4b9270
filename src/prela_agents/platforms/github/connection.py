"""Connecting to GitHub, and going through its pages."""

from __future__ import annotations

import re
from typing import Unpack

import msgspec

from prela_agents.http import Answer, Http
from prela_agents.http.limits import github
from prela_agents.model import Platform
from prela_agents.platforms.connecting import Options

__all__ = ["PER_PAGE", "User", "connect", "last_page", "next_page"]

PER_PAGE = 100
_LINK = re.compile(r"<([^>]*)>\s*;([^,]*)")
_PAGE = re.compile(r"[?&]page=(\d+)")


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


def next_page(answer: Answer) -> str | None:
    """Give the address of the next page from the `Link` header, if it names one."""
    return _linked(answer, "next")


def last_page(answer: Answer) -> int:
    """Give the number of the last page from the `Link` header; 1 where there is one page."""
    found = _PAGE.search(_linked(answer, "last") or "")
    return int(found[1]) if found else 1


def _linked(answer: Answer, relation: str) -> str | None:
    for each in _LINK.finditer(answer.headers.get("link", "")):
        if f'rel="{relation}"' in each[2]:
            return each[1]
    return None
