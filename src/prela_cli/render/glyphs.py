"""The marks and colours of the terminal's pictures.

Every fact that has a colour has a mark or a word as well: pictures are read without colour,
and with the ASCII marks where the terminal's encoding knows no others.
"""

from __future__ import annotations

import attrs
from rich.console import ConsoleOptions
from rich.style import Style

__all__ = [
    "BAD",
    "DIM",
    "ERROR_TEXT",
    "GOOD",
    "HEADING",
    "KEY",
    "PLAIN",
    "TYPE_WORDS",
    "WARN",
    "Glyphs",
    "glyphs_for",
    "status_style",
    "type_style",
]

PLAIN = Style()
DIM = Style(dim=True)
HEADING = Style(bold=True)
KEY = Style(color="cyan")
GOOD = Style(color="green")
WARN = Style(color="yellow")
BAD = Style(color="red", bold=True)
ERROR_TEXT = Style(color="red")

TYPE_WORDS = {
    "agent": "agent",
    "llm": "llm",
    "tool": "tool",
    "retrieval": "find",
    "embedding": "embed",
    "chain": "chain",
    "reranker": "rank",
    "guardrail": "guard",
    "evaluator": "eval",
}
"""Types as short as they can be said; `custom` says nothing and has no word."""

_TYPE_STYLES = {
    "agent": Style(color="magenta"),
    "llm": Style(color="bright_blue"),
    "tool": Style(color="yellow"),
    "retrieval": Style(color="green"),
    "embedding": Style(color="green"),
    "chain": Style(color="magenta"),
    "reranker": Style(color="green"),
    "guardrail": Style(color="bright_cyan"),
    "evaluator": Style(color="bright_cyan"),
}


@attrs.frozen
class Glyphs:
    """One set of marks. Bars are drawn in half cells: `full` is both halves."""

    success: str
    error: str
    pending: str
    note: str
    branch: str
    last: str
    pipe: str
    full: str
    left_half: str
    right_half: str
    open_end: str
    ellipsis: str
    dot: str
    arrow: str

    def status(self, status: str) -> str:
        """Give the mark of a status; `?` for a word that is none of ours."""
        return {"success": self.success, "error": self.error, "pending": self.pending}.get(
            status, "?"
        )


_UNICODE = Glyphs("✓", "✗", "◌", "!", "├╴", "└╴", "│ ", "━", "╸", "╺", "┄", "…", "·", "→")
_ASCII = Glyphs("+", "x", "~", "!", "|-", "`-", "| ", "=", "=", "=", ".", "...", "-", "->")


def glyphs_for(options: ConsoleOptions) -> Glyphs:
    """Choose the marks that the console's encoding can say."""
    return _ASCII if options.ascii_only else _UNICODE


def status_style(status: str) -> Style:
    """Give the colour of a status."""
    return {"success": GOOD, "error": BAD, "pending": WARN}.get(status, PLAIN)


def type_style(span_type: str) -> Style:
    """Give the colour of a span's type, for its word and its bar."""
    return _TYPE_STYLES.get(span_type, PLAIN)
