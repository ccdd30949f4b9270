"""The marks and colours of the terminal's pictures.

Every fact that has a colour has a mark or a word as well: pictures are read without colour,
and with the ASCII marks where the terminal's encoding knows no others.
"""

from __future__ import annotations

from rich.console import ConsoleOptions
from rich.style import Style

from prela_core.text.glyphs import ASCII, TYPE_WORDS, UNICODE, Glyphs

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


def glyphs_for(options: ConsoleOptions) -> Glyphs:
    """Choose the marks that the console's encoding can say."""
    return ASCII if options.ascii_only else UNICODE


def status_style(status: str) -> Style:
    """Give the colour of a status."""
    return {"success": GOOD, "error": BAD, "pending": WARN}.get(status, PLAIN)


def type_style(span_type: str) -> Style:
    """Give the colour of a span's type, for its word and its bar."""
    return _TYPE_STYLES.get(span_type, PLAIN)
