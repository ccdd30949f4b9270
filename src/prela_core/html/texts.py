"""Long texts of strangers as HTML: cut, cleaned, JSON laid out for reading."""

from __future__ import annotations

import json

import attrs

from prela_core.html.markup import Markup, tag
from prela_core.text import figures
from prela_core.text.plain import clean

__all__ = ["Allowance", "block", "lines_of_text", "readable"]

_MOST = 20_000
_ONE_LINE = 80
_OPENING = ("{", "[")


@attrs.define
class Allowance:
    """How many characters of texts a picture may still hold; each text takes from it."""

    left: int

    def take(self, text: str) -> tuple[str, int]:
        """Give the beginning of `text` that may be shown, and how many characters are left out."""
        shown = text[: min(_MOST, self.left)]
        self.left -= len(shown)
        return shown, len(text) - len(shown)


def block(text: str, allowance: Allowance) -> Markup:
    """Set a text of many lines, saying how much of it is left out, if any is."""
    shown, missing = allowance.take(text)
    set_text = tag("pre", lines_of_text(shown), tabindex="0")
    if missing:
        note = f"{figures.count(missing)} more characters are left out of this picture."
        set_text += tag("p", note, class_="note")
    return set_text


def lines_of_text(text: str) -> str:
    """Give `text` without what is not printed, its lines kept."""
    return "\n".join(clean(line) for line in text.expandtabs(4).splitlines())


def readable(text: str) -> str:
    """Lay a text out that is the long JSON of an object or a list; any other stays as it is."""
    if not text.startswith(_OPENING) or not _ONE_LINE < len(text) <= _MOST:
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
