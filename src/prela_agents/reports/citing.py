"""The sources of a report, numbered as they come."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from prela_agents.model import Report

__all__ = ["is_link", "numbered", "said_of"]

_HISTORY = "history:"


def numbered(report: Report) -> dict[str, int]:
    """Give each source its number, from 1, in the order that sentences name them."""
    numbers: dict[str, int] = {}
    for section in report.sections:
        for sentence in section.sentences:
            for source in sentence.sources:
                if source:
                    numbers.setdefault(source, len(numbers) + 1)
    return numbers


def is_link(source: str) -> bool:
    """Say whether a source can be followed: only addresses of the web can."""
    try:
        parts = urlsplit(source)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and " " not in source


def said_of(source: str) -> str:
    """Give a source that is no link in words."""
    if not source.startswith(_HISTORY):
        return source
    what: Sequence[str] = source.removeprefix(_HISTORY).split("/")
    return "our own history: " + ", ".join(what).replace("..", " to ")
