"""Strangers' words, spelled so that nothing in them leads anywhere or calls anybody."""

from __future__ import annotations

import re

__all__ = ["inert"]


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
