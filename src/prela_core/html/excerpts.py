"""Texts with the words marked that were searched for."""

from __future__ import annotations

from collections.abc import Sequence

from prela_core.html.markup import Markup, tag
from prela_core.text.plain import clean

__all__ = ["marked"]


def marked(text: str, ranges: Sequence[tuple[int, int]]) -> Markup:
    """Set `text` with what stands in `ranges` (start and end, in characters) marked."""
    shown = Markup("")
    done = 0
    for start, end in sorted(ranges):
        first, last = max(start, done), min(end, len(text))
        if first < last:
            shown += clean(text[done:first])
            shown += tag("mark", clean(text[first:last]))
            done = last
    return shown + clean(text[done:])
