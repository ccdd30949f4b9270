"""An item as an issue: whose words they are is plain to see, and nothing in them can be clicked."""

from __future__ import annotations

import re

from prela_agents.model import Intent, Item, Mention
from prela_agents.reading import demands_of, without_demands

__all__ = ["inert", "labels_of", "written_up"]

_TITLE, _TEXT = 80, 1_500
_LABELS = {Intent.BUG: ("bug",), Intent.FEATURE_REQUEST: ("feature request",)}
"""The only labels there are: no text can bring another one."""

_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")  # noqa: RUF001 - Chinese sentences end so


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


def _parts(mention: Mention) -> tuple[str, ...]:
    item = mention.item
    where = f"{item.platform} {item.where}".strip()
    cut = item.text[:_TEXT] + ("…" if len(item.text) > _TEXT else "")
    quoted = "\n".join(f"> {line}" for line in inert(cut).splitlines())
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


def inert(text: str) -> str:
    """Give `text` with addresses and accounts spelled so that nothing leads to them or calls them.

    `https://a.example/x` becomes `https[:]//a[.]example/x`, and `@ada` becomes `(at)ada`.
    """
    text = re.sub(r"\b((?:[\w-]+\.)+)([a-z]{2,})(?=[/:?])", _dots_apart, text, flags=re.IGNORECASE)
    text = re.sub(r"\b(https?|ftp)://", r"\1[:]//", text, flags=re.IGNORECASE)
    text = re.sub(r"!?\[([^\]\n]*)\]\(", r"\1 (", text)
    text = re.sub(r"@(?=\w)", "(at)", text)
    return re.sub(r"<(?=[a-z!/])", "< ", text, flags=re.IGNORECASE)


def _dots_apart(found: re.Match[str]) -> str:
    return found[1].replace(".", "[.]") + found[2]
