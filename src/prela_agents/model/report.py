"""A report in which every sentence has its source."""

from __future__ import annotations

from datetime import datetime

import attrs

__all__ = ["Figure", "Report", "Section", "Sentence"]


@attrs.frozen
class Sentence:
    """What is said, and the addresses it rests on; raises `ValueError` where there is none.

    The source of a figure from the history is named `history:` and what was asked of it, such
    as `history:stars/prela/2026-11-16..2026-11-30`.
    """

    text: str
    sources: tuple[str, ...] = attrs.field()

    @sources.validator
    def _has_some(self, _: object, sources: tuple[str, ...]) -> None:
        if not any(sources):
            raise ValueError(f"a sentence of a report needs its source: {self.text!r}")


@attrs.frozen
class Figure:
    """A plot as SVG, with what it shows in words for who can't see it."""

    name: str
    caption: str
    svg: str = attrs.field(repr=False)


@attrs.frozen
class Section:
    """Sentences and figures below a heading."""

    heading: str
    sentences: tuple[Sentence, ...] = ()
    figures: tuple[Figure, ...] = ()


@attrs.frozen(kw_only=True)
class Report:
    """What an agent has to say about the time from `since` until before `until`."""

    id: str
    agent: str
    title: str
    since: datetime
    until: datetime
    sections: tuple[Section, ...]
