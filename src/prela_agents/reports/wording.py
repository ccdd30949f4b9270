"""Numbers, days and quotes as sentences have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

__all__ = ["counted", "day", "listed", "number", "percent", "quoted", "span", "tally"]

_QUOTE = 240
_NOUNS = frozenset(
    {"changes", "claims", "drafts", "issues", "items", "mentions", "reports", "snapshots"}
)
_PLURALS = {"day": "days", "story": "stories", "reply": "replies"}


def number(value: float) -> str:
    """Give a number with its thousands apart; a fraction keeps one digit."""
    if value == round(value):
        return f"{round(value):,}"
    return f"{value:,.1f}"


def percent(part: float, whole: float) -> str:
    """Give how much `part` is of `whole`, in whole percent."""
    return f"{100 * part / whole:.0f} %"


def counted(count: int, noun: str) -> str:
    """Give a count with its noun: `1 release`, `3 releases`."""
    if count == 1:
        return f"1 {noun}"
    return f"{number(count)} {_PLURALS.get(noun, noun + 's')}"


def tally(counts: Mapping[str, int]) -> str:
    """Give counts by names, as runs have them: `1 item, 3 drafts, 2 unknown`."""
    return ", ".join(
        counted(count, name.removesuffix("s")) if name in _NOUNS else f"{number(count)} {name}"
        for name, count in counts.items()
    )


def day(moment: datetime) -> str:
    """Give a day as `16 November`."""
    return f"{moment.day} {moment:%B}"


def span(since: datetime, until: datetime) -> str:
    """Give the days from `since` until before `until`: `16 to 22 November 2026`."""
    last = until - timedelta(microseconds=1)
    if (since.year, since.month) == (last.year, last.month):
        return f"{since.day} to {day(last)} {last.year}"
    if since.year == last.year:
        return f"{day(since)} to {day(last)} {last.year}"
    return f"{day(since)} {since.year} to {day(last)} {last.year}"


def listed(words: Sequence[str]) -> str:
    """Join words: `a, b and c`."""
    if len(words) < 2:  # noqa: PLR2004 - a list of one or none
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def quoted(text: str, longest: int = _QUOTE) -> str:
    """Give words in quotation marks, on one line; what is cut off is marked."""
    flat = " ".join(text.split())
    if len(flat) > longest:
        flat = flat[: longest - 1].rsplit(" ", 1)[0].rstrip() + " …"
    return f"“{flat}”"
