"""Markdown cut by its headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from prela_agents.model import Passage

__all__ = ["passages_of"]

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"[*_`]+")
_DROPPED = re.compile(r"[^\w\- ]")


def passages_of(path: str, markdown: str) -> list[Passage]:
    """Cut the text of a file into what stands below each heading, in order.

    A heading with nothing of its own below it gives none. Lines that look like headings inside
    fenced code are code. Anchors are GitHub's. What stands before the first heading goes by the
    file's name.
    """
    text = _FRONT_MATTER.sub("", markdown.replace("\r\n", "\n"))
    trail: list[tuple[int, str]] = []
    anchors: Counter[str] = Counter()
    anchor = ""
    made = []
    for level, heading, body in _sections(text):
        if level:
            trail = [each for each in trail if each[0] < level] + [(level, _plain(heading))]
            anchor = _anchor(heading, anchors)
        if body.strip():
            made.append(
                Passage(
                    id=f"{path}#{anchor}",
                    path=path,
                    anchor=anchor,
                    trail=tuple(each for _, each in trail) or (path,),
                    text=body.strip("\n"),
                )
            )
    return made


def _sections(text: str) -> Iterator[tuple[int, str, str]]:
    """Give each heading's level, its text, and the lines below it; first those before any, as 0."""
    level, heading, lines = 0, "", list[str]()
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark[1]
        elif found := _HEADING.match(line):
            yield level, heading, "\n".join(lines)
            level, heading, lines = len(found[1]), found[2] or "", []
            continue
        lines.append(line)
    yield level, heading, "\n".join(lines)


def _plain(heading: str) -> str:
    return _MARKS.sub("", _LINK.sub(r"\1", heading)).strip()


def _anchor(heading: str, taken: Counter[str]) -> str:
    slug = _DROPPED.sub("", _plain(heading).lower()).replace(" ", "-")
    number = taken[slug]
    taken[slug] += 1
    return f"{slug}-{number}" if number else slug
