"""How long X takes a text to be: not by its characters, but by what they weigh.

By twitter-text's configuration, version 3: an address weighs 23 however long it is, letters of most
alphabets and common punctuation weigh 1, and all else, such as Chinese, emoji and `…`, weighs 2.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["MOST_ON_X", "for_x", "shortened_for_x", "start_for_x", "weight_on_x"]

MOST_ON_X = 280

_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]}]")
_ADDRESS_WEIGHT = 23
_LIGHT = (range(4352), range(8192, 8206), range(8208, 8224), range(8242, 8248))


def for_x(text: str) -> str:
    """Give `text` without Markdown's marks for code and weight, which X shows as they are."""
    return text.replace("`", "").replace("**", "")


def weight_on_x(text: str) -> int:
    """Give what `text` weighs; X takes up to `MOST_ON_X` in one post."""
    bare, addresses = _ADDRESS.subn("", unicodedata.normalize("NFC", text))
    return sum(map(_weight, bare)) + addresses * _ADDRESS_WEIGHT


def start_for_x(text: str, room: int) -> str:
    """Give as much of the start of `text` as weighs at most `room`, letter by letter."""
    weight = 0
    for at, each in enumerate(text):
        weight += _weight(each)
        if weight > room:
            return text[:at]
    return text


def shortened_for_x(text: str, room: int = MOST_ON_X) -> str:
    """Give `text` if it weighs at most `room`, else its start and `…`."""
    if weight_on_x(text) <= room:
        return text
    return f"{start_for_x(text, room - _weight('…')).rstrip()}…"


def _weight(letter: str) -> int:
    return 1 if any(ord(letter) in light for light in _LIGHT) else 2
