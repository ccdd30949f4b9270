"""Elements of SVG, and how plots look."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

__all__ = ["HUES", "coordinate", "drawing", "element", "text"]

HUES = ("blue", "amber", "green", "violet", "red", "grey")
"""Colours, as classes; those of light and dark are in the style. In this order they can be told
apart by most who see few colours."""

_LOOK = """
.prela-plot { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
 --ink: #1c2430; --dim: #5b6675; --line: #e4e8ed; --paper: #ffffff; --blue: #2563eb;
 --amber: #b45309; --green: #047857; --violet: #7c3aed; --red: #dc2626; --grey: #94a3b8; }
@media (prefers-color-scheme: dark) { .prela-plot { --ink: #e6eaf0; --dim: #98a3b3;
 --line: #2a323d; --paper: #12161c; --blue: #7aa7ff; --amber: #f5a742; --green: #3ecf9b;
 --violet: #b79cff; --red: #ff7a76; --grey: #7d8998; } }
.prela-plot .paper { fill: var(--paper); } .prela-plot text { fill: var(--ink); font-size: 12px; }
.prela-plot .dim { fill: var(--dim); font-size: 11px; }
.prela-plot .head { font-size: 13px; font-weight: 600; }
.prela-plot .grid { stroke: var(--line); stroke-width: 1; }
.prela-plot .release { stroke: var(--dim); stroke-width: 1; stroke-dasharray: 2 3; }
.prela-plot .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.prela-plot .inside { fill: var(--paper); font-size: 11px; font-weight: 600; }
.prela-plot .odd { fill: var(--paper); stroke: var(--red); stroke-width: 2; }
"""


def _hue(name: str) -> str:
    return (
        f".prela-plot .{name} {{ stroke: var(--{name}); }}\n"
        f".prela-plot .fill-{name} {{ fill: var(--{name}); }}\n"
    )


_STYLE = _LOOK + "".join(map(_hue, HUES))


def coordinate(value: float) -> str:
    """Write a coordinate with a tenth of a pixel at most."""
    return f"{value:.1f}".removesuffix(".0")


def element(name: str, *inside: str, **attributes: str | float) -> str:
    """Write an element; `class_` and `text_anchor` are written as SVG spells them."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}="
        f"{quoteattr(value if isinstance(value, str) else coordinate(value))}"
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(inside)}</{name}>" if inside else f"<{name}{written}/>"


def text(words: str, x: float, y: float, **attributes: str | float) -> str:
    """Write words."""
    return element("text", escape(words), x=x, y=y, **attributes)


def drawing(title: str, width: float, height: float, *inside: str) -> str:
    """Write a whole plot; `title` is what is read to those who can't see it."""
    return element(
        "svg",
        element("title", escape(title)),
        element("style", _STYLE),
        element("rect", class_="paper", width=width, height=height, rx=8),
        "\n",
        *[f"{each}\n" for each in inside],
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {coordinate(width)} {coordinate(height)}",
        width=width,
        height=height,
        role="img",
        class_="prela-plot",
    )
