"""An item as an issue: whose words they are is plain to see, and nothing in them can be clicked."""

from __future__ import annotations

import re

from prela_agents.model import Intent, Issue, Item, Mention
from prela_agents.quoting import inert
from prela_agents.reading import demands_of, without_demands

__all__ = ["beginning", "labels_of", "quoted_in", "told_by", "written_up"]

_TITLE, _TEXT = 80, 1_500
_LABELS = {Intent.BUG: ("bug",), Intent.FEATURE_REQUEST: ("feature request",)}
"""The only labels there are: no text can bring another one."""

_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")  # noqa: RUF001 - Chinese sentences end so

_WRITTEN_UP = re.compile(r"On .+, \d\d \w+ \d{4}:\n\n(>.*(?:\n>.*)*)\n\nRead as ")
"""What `_parts` writes."""


def labels_of(mention: Mention) -> tuple[str, ...]:
    """Give the labels for what was understood, out of a fixed set, and `from users` for all."""
    return (*_LABELS.get(mention.intent, ()), "from users")


def written_up(mention: Mention) -> tuple[str, str]:
    """Give title and description of an issue for `mention`."""
    item = mention.item
    return _title(item), "\n\n".join(part for part in _parts(mention) if part)


def _title(item: Item) -> str:
    said = item.title or next(
        (each for each in _SENTENCE.split(without_demands(item.text)) if each.strip()), item.text
    )
    title = " ".join(inert(said).split())
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 1].rstrip()}…"


def beginning(text: str) -> str:
    """Give what of `text` is quoted."""
    return text[:_TEXT] + ("…" if len(text) > _TEXT else "")


def quoted_in(description: str) -> str | None:
    """Give the words that `written_up` quotes in a description of its own, or None."""
    found = _WRITTEN_UP.match(description)
    return re.sub(r"^> ?", "", found[1], flags=re.MULTILINE) if found is not None else None


def told_by(issue: Issue) -> str:
    """Give what a report said, without what we write around it; of others, all of it.

    That is alike in all of ours, and names other issues.
    """
    quoted = quoted_in(issue.description)
    return issue.description if quoted is None else quoted


def _parts(mention: Mention) -> tuple[str, ...]:
    item = mention.item
    where = f"{item.platform} {item.where}".strip()
    quoted = "\n".join(f"> {line}" for line in inert(beginning(item.text)).splitlines())
    warning = (
        "The text tells its reader what to do. Nothing of that was done."
        if demands_of(item.words)
        else ""
    )
    return (
        f"On {where}, {item.created_at:%d %B %Y}:",
        quoted,
        f"Read as {mention.intent.replace('_', ' ')}, {mention.sentiment}, by {mention.judge}.",
        warning,
    )
