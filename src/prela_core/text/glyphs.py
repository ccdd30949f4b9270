"""The marks of pictures made of text, in Unicode and in ASCII."""

from __future__ import annotations

import attrs

__all__ = ["ASCII", "STATUS_WORDS", "TYPE_WORDS", "UNICODE", "Glyphs"]

STATUS_WORDS = {"success": "succeeded", "error": "failed", "pending": "running"}
"""How traces and spans have ended, in the middle of a sentence."""

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


@attrs.frozen(eq=False)
class Glyphs:
    """One set of marks. Bars are drawn in half cells: `full` is both halves.

    `levels` are small bars, from the lowest to the highest.
    """

    levels: str
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


UNICODE = Glyphs(
    "▁▂▃▄▅▆▇█", "✓", "✗", "◌", "!", "├╴", "└╴", "│ ", "━", "╸", "╺", "┄", "…", "·", "→"
)
ASCII = Glyphs(
    "_.:-=+*#", "+", "x", "~", "!", "|-", "`-", "| ", "=", "=", "=", ".", "...", "-", "->"
)
