"""JSON, looked through without being decoded: how long its lists are.

A list may hold millions of items, of two bytes each, and a decoder makes an object of every one.
Here they are counted before that.
"""

from __future__ import annotations

import re

__all__ = ["has_longer_list"]

# Possessive, and content with a text that never ends, so that no byte is looked at twice.
_MARK = re.compile(
    rb'(?:[^"\[\]{},]++|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))*+([\[\]{},]|\Z)', re.DOTALL
)

_CLOSING = frozenset({b"]", b"}"})


def has_longer_list(json: bytes, level: int, most: int) -> bool:
    """Say whether a list at `level`, the outermost being 1, has more than `most` items.

    Lists that stand side by side count as one. What is no JSON gets some answer or other.
    """
    # Cheap, and nearly always enough: there can't be more items than commas.
    if json.count(b",") < most:
        return False
    depth = commas = 0
    in_list = False
    for match in _MARK.finditer(json):
        mark = match[1]
        if mark == b",":
            if in_list and depth == level:
                commas += 1
                if commas >= most:
                    return True
        elif mark in _CLOSING:
            depth -= 1
        elif mark:
            depth += 1
            if depth == level:
                in_list = mark == b"["
    return False
