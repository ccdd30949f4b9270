"""Deletions as rows of `deletions`: steps that were taken, read together as receipts.

Steps are only added, so two workers that carry out the same deletion can't spoil its receipt: the
furthest state counts, and of each sweep the most that was counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
from msgspec import Raw

from prela_core.model import from_micros
from prela_core.store.deletions import Deletion, DeletionState

__all__ = [
    "SPANS_SEEN",
    "STEP_COLUMNS",
    "TRACES_SEEN",
    "Step",
    "last",
    "receipt",
    "step_from_row",
]

TRACES_SEEN, SPANS_SEEN = "traces seen", "spans seen"
"""Counts of what readers saw; all others are of a table's rows."""

STEP_COLUMNS = (
    "project_id",
    "deletion_id",
    "toUnixTimestamp64Micro(asked_at)",
    "is_everything",
    "said",
    "toUnixTimestamp64Micro(at)",
    "state",
    "sweep",
    "counts",
)
"""What a row holds that `step_from_row` reads."""


@attrs.frozen(kw_only=True)
class Step:
    """One step of a deletion, taken `at` a moment; times are microseconds since 1970.

    `counts` are what was there before it was deleted, in this `sweep`: rows that were inserted
    meanwhile are found by the next one.
    """

    project_id: str
    deletion_id: str
    asked_at: int
    is_everything: bool
    said: str
    at: int
    state: DeletionState
    sweep: int = 0
    counts: dict[str, int] = attrs.field(factory=dict)


def step_from_row(row: Sequence[Any]) -> Step:
    """Read a row of `STEP_COLUMNS`."""
    project_id, deletion_id, asked_at, is_everything, said, at, state, sweep, counts = row
    return Step(
        project_id=project_id,
        deletion_id=deletion_id,
        asked_at=int(asked_at),
        is_everything=bool(is_everything),
        said=said,
        at=int(at),
        state=DeletionState(state),
        sweep=int(sweep),
        counts=dict(counts),
    )


def last(steps: Iterable[Step]) -> Step:
    """Give the step that says how far the deletion is."""
    return max(steps, key=lambda step: (step.sweep, step.state.rank))


def receipt(steps: Sequence[Step]) -> Deletion:
    """Give the receipt of the deletion that all of `steps`, at least one, are about."""
    now = last(steps)
    counted: dict[int, dict[str, int]] = {}
    for step in steps:
        most = counted.setdefault(step.sweep, {})
        for name, count in step.counts.items():
            most[name] = max(count, most.get(name, 0))
    total: dict[str, int] = {}
    for most in counted.values():
        for name, count in most.items():
            total[name] = total.get(name, 0) + count
    gone = [
        step.at
        for step in steps
        if step.sweep == now.sweep and step.state.rank >= DeletionState.SETTLING.rank
    ]
    return Deletion(
        deletion_id=now.deletion_id,
        state=now.state,
        selection=Raw(now.said.encode()),
        asked_at=from_micros(now.asked_at),
        gone_at=from_micros(min(gone)) if gone else None,
        completed_at=from_micros(now.at) if now.state is DeletionState.DONE else None,
        traces=total.pop(TRACES_SEEN, 0),
        spans=total.pop(SPANS_SEEN, 0),
        rows=dict(sorted(total.items())),
    )
