"""Which issues could be the same as a report. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence

from prela_agents.model import Issue
from prela_agents.ports import Desk, Embedder, Tracker

__all__ = ["Candidates"]

_LATELY = 250
_MOST = 5
_LEAST = 0.2
"""Likeness below which two texts have nothing to do with each other. Above it, it tells nothing:
of the golden pairs different bugs come to .76, and some that are one to .07."""


class Candidates:
    """The issues that changed lately and those that are planned, by likeness, and what the
    tracker's own search finds. Without a tracker, those that are planned.
    """  # noqa: D205 - one sentence

    def __init__(self, tracker: Tracker | None, desk: Desk, embedder: Embedder) -> None:
        self._tracker = tracker
        self._desk = desk
        self._embedder = embedder
        self._lately: Sequence[Issue] | None = None
        self._vectors: dict[str, Sequence[float]] = {}

    async def of(self, title: str, text: str) -> Sequence[Issue]:
        """Give up to ten issues, the likeliest first; the same issue once."""
        if self._lately is None:
            self._lately = await self._tracker.issues(_LATELY) if self._tracker is not None else ()
        known = (*self._lately, *self._desk.planned())
        new = [each for each in known if each.id not in self._vectors]
        asked, *vectors = self._embedder.embed([f"{title}\n{text}", *map(_words, new)])
        self._vectors.update(zip((each.id for each in new), vectors, strict=True))
        alike = sorted(
            (
                (sum(a * b for a, b in zip(asked, self._vectors[each.id], strict=True)), -at)
                for at, each in enumerate(known)
            ),
            reverse=True,
        )
        near = [known[-at] for likeness, at in alike[:_MOST] if likeness >= _LEAST]
        found = await self._tracker.search(title) if self._tracker is not None else ()
        return list({each.id: each for each in (*near, *found[:_MOST])}.values())

    def add(self, issue: Issue) -> None:
        """Know of an issue that was just made: the next report may be about it, too."""
        if self._lately is not None:
            self._lately = [*self._lately, issue]


def _words(issue: Issue) -> str:
    return f"{issue.title}\n{issue.description}"
