"""Which issues could be the same as a report. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from prela_agents.model import Issue
from prela_agents.ports import Embedder, Tracker
from prela_agents.scout.filing.writing import told_by

__all__ = ["Candidate", "Candidates"]

_LATELY = 250
_MOST = 5
_LEAST = 0.2
"""Likeness below which two texts have nothing to do with each other. Above it, it tells nothing:
of the golden pairs different bugs come to .76, and some that are one to .07."""


@attrs.frozen
class Candidate:
    """An issue, and how alike its words are, by vectors: 1 is the most."""

    issue: Issue
    likeness: float


class Candidates:
    """The issues that changed lately and those that are planned, by likeness, and what the
    tracker's own search finds. Without a tracker, those that are planned.
    """  # noqa: D205 - one sentence

    def __init__(
        self,
        tracker: Tracker | None,
        planned: Callable[[], Sequence[Issue]],
        embedder: Embedder,
    ) -> None:
        self._tracker = tracker
        self._planned = planned
        self._embedder = embedder
        self._lately: Sequence[Issue] | None = None
        self._vectors: dict[str, Sequence[float]] = {}

    async def of(self, title: str, text: str) -> Sequence[Candidate]:
        """Give up to ten issues, the likeliest first; the same issue once."""
        if self._lately is None:
            self._lately = await self._tracker.issues(_LATELY) if self._tracker is not None else ()
        found = await self._tracker.search(title) if self._tracker is not None else ()
        known = {each.id: each for each in (*found[:_MOST], *self._lately, *self._planned())}
        new = [each for each in known.values() if each.id not in self._vectors]
        asked, *vectors = self._embedder.embed([f"{title}\n{text}", *map(_words, new)])
        self._vectors.update(zip((each.id for each in new), vectors, strict=True))
        alike = sorted(
            (
                Candidate(each, sum(a * b for a, b in zip(asked, self._vectors[id_], strict=True)))
                for id_, each in known.items()
            ),
            key=lambda each: each.likeness,
            reverse=True,
        )
        near = [each for each in alike[:_MOST] if each.likeness >= _LEAST]
        by_search = {each.id for each in found[:_MOST]} - {each.issue.id for each in near}
        return [*near, *(each for each in alike if each.issue.id in by_search)]

    def add(self, issue: Issue) -> None:
        """Know of an issue that was just made: the next report may be about it, too."""
        if self._lately is not None:
            self._lately = [*self._lately, issue]


def _words(issue: Issue) -> str:
    return f"{issue.title}\n{told_by(issue)}"
