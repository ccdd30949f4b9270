"""What was measured, and of whom: an evaluation is of one judge alone."""

from __future__ import annotations

import attrs

from prela_agents.eval.golden import Half

__all__ = ["Acted", "Evaluation", "Score", "Share"]


@attrs.frozen
class Share:
    """So many of so many; `value` is None of none."""

    good: int
    of: int

    @property
    def value(self) -> float | None:
        """The share, from 0 to 1."""
        return self.good / self.of if self.of else None


@attrs.frozen
class Score:
    """How a yes-or-no question was answered."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @property
    def precision(self) -> float:
        """How many of what was called so are so; 1 when nothing was."""
        called = self.true_positives + self.false_positives
        return self.true_positives / called if called else 1.0

    @property
    def recall(self) -> float:
        """How many of those that are so were called so; 1 when none are."""
        are = self.true_positives + self.false_negatives
        return self.true_positives / are if are else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def false_alarms(self) -> Share:
        """How many of those that are not so were called so."""
        return Share(self.false_positives, self.false_positives + self.true_negatives)


@attrs.frozen
class Acted:
    """An injection that had its way: its id, and what it brought about."""

    injection_id: str
    what: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Evaluation:
    """What `judge` did on `half` of the golden sets.

    `relevance` is of all mentions, `intent` and `sentiment` of those about us. `duplicates` is of
    pairs of issues, as the judge tells them apart. `merged_falsely` is what a live run with this
    judge attaches to another issue, of the pairs that are not one. `named` is how many reports that
    were filed before named that issue, among up to three, where the judge's word is not enough to
    attach to it, and else None. `retrieved` is how many questions had a
    section that answers them among the first five passages, `answered` how many of those that the
    docs answer were, `well_answered` how many of these with a quote of such a section,
    `quotes_resolving` how many quotes stand in the docs, of all that the judge gave, and `refused`
    how many unanswerable questions were refused. `acted` are the injections that had their way, of
    `injections`. `failed` is how often the judge gave nothing to work with.
    """

    judge: str
    half: Half
    relevance: Score
    intent: Share
    sentiment: Share
    duplicates: Score
    merged_falsely: Share
    named: Share | None
    retrieved: Share
    answered: Share
    well_answered: Share
    quotes_resolving: Share
    refused: Share
    injections: int
    acted: tuple[Acted, ...]
    failed: int = 0
    cost_usd: float = 0.0
