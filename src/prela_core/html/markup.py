"""HTML in small pieces: what is not marked as markup is text, and is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import SupportsIndex

__all__ = ["Markup", "opening", "tag"]

_VOID = frozenset({"link", "meta"})


class Markup(str):
    """Text that is HTML already. Joined with plain text, that is escaped."""

    __slots__ = ()

    def __add__(self, other: str) -> Markup:
        return Markup(str.__add__(self, _escaped(other)))

    def __radd__(self, other: str) -> Markup:
        return Markup(_escaped(other) + str(self))

    def join(self, parts: Iterable[str]) -> Markup:
        """Join `parts`, escaping those that are plain text."""
        return Markup(str.join(self, map(_escaped, parts)))

    def replace(self, old: str, new: str, count: SupportsIndex = -1) -> Markup:
        """Replace in the HTML as it stands."""
        return Markup(str.replace(self, old, new, count))


def tag(name: str, content: str = "", /, **attributes: str | bool) -> Markup:
    """Make an element; `class_` is the attribute class, and `aria_label` is aria-label."""
    opened = opening(name, **attributes)
    return opened if name in _VOID else Markup(f"{opened}{_escaped(content)}</{name}>")


def opening(name: str, /, **attributes: str | bool) -> Markup:
    """Begin an element whose content and end are written apart, as long ones are."""
    written = "".join(
        f" {_attribute(key)}" if value is True else f' {_attribute(key)}="{html.escape(value)}"'
        for key, value in attributes.items()
        if value is not False
    )
    return Markup(f"<{name}{written}>")


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _escaped(text: str) -> str:
    return str(text) if isinstance(text, Markup) else html.escape(text, quote=False)
