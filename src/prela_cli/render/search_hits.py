"""What a search found: for each trace two lines, the second with the words marked."""

from __future__ import annotations

from datetime import datetime

import attrs
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style

from prela_cli.render.glyphs import (
    DIM,
    HEADING,
    KEY,
    PLAIN,
    TYPE_WORDS,
    Glyphs,
    glyphs_for,
    status_style,
    type_style,
)
from prela_cli.render.lines import Piece, one_line
from prela_cli.render.plain import clean
from prela_cli.render.traces_table import short_ids
from prela_core.store import Page, SearchHit
from prela_core.text import figures

__all__ = ["SearchHits"]

_MARKED = Style(bold=True, color="yellow", reverse=True)
_BEFORE_THE_WORD = 24


@attrs.frozen
class SearchHits:
    """A renderable: each hit with its trace, its span, the field and the text around the words.

    Where there is no colour, the words are `[marked]` by brackets.
    """

    page: Page[SearchHit]
    now: datetime

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the two lines of each hit."""
        glyphs = glyphs_for(options)
        plain = console.color_system is None
        hits = self.page.items
        for hit, short in zip(hits, short_ids([hit.trace_id for hit in hits]), strict=True):
            where = _where(hit, short, self.now, glyphs, options.encoding)
            yield from one_line(where, options.max_width, glyphs.ellipsis)
            excerpt = _excerpt(hit, options.encoding, options.max_width, glyphs, brackets=plain)
            pieces = [("  ", PLAIN), *excerpt]
            yield from one_line(pieces, options.max_width, glyphs.ellipsis)


def _where(hit: SearchHit, short: str, now: datetime, glyphs: Glyphs, encoding: str) -> list[Piece]:
    word = TYPE_WORDS.get(hit.span_type, "")
    service = clean(hit.service_name, encoding)
    facts = [clean(hit.field, encoding), service, figures.ago(hit.started_at, now)]
    return [
        (glyphs.status(hit.status) + " ", status_style(hit.status)),
        (clean(short, encoding) + "  ", KEY),
        (word + " " if word else "", type_style(hit.span_type)),
        (clean(hit.name, encoding) or "(no name)", HEADING),
        ("  " + f" {glyphs.dot} ".join(fact for fact in facts if fact), DIM),
    ]


def _excerpt(
    hit: SearchHit, encoding: str, width: int, glyphs: Glyphs, *, brackets: bool
) -> list[Piece]:
    """Split the excerpt at its highlights; what lies far before the first word is left out."""
    text = hit.excerpt
    spans = sorted((start, end) for start, end in hit.highlights if 0 <= start < end <= len(text))
    at = 0
    pieces: list[Piece] = []
    if spans and cell_len(text[: spans[0][1]]) > width - _BEFORE_THE_WORD:
        at = max(spans[0][0] - _BEFORE_THE_WORD, 0)
        pieces.append((glyphs.ellipsis if at else "", DIM))
    for start, end in spans:
        if start < at:
            continue
        found = clean(text[start:end], encoding)
        pieces.append((clean(text[at:start], encoding), PLAIN))
        pieces.append((f"[{found}]" if brackets else found, _MARKED))
        at = end
    pieces.append((clean(text[at:], encoding), PLAIN))
    return pieces
