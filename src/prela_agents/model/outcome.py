"""What came of a run."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import attrs

__all__ = ["Failure", "Outcome", "RunState"]


class RunState(StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    """Some of it was done: what failed is in `failures`, and is tried again by the next run."""
    FAILED = "failed"
    """Nothing was done."""


@attrs.frozen
class Failure:
    """Where a run failed, such as a source's name, and why, in a sentence without secrets."""

    where: str
    why: str


@attrs.frozen(kw_only=True)
class Outcome:
    """What a run did. `counts` are by plain names: `items`, `mentions`, `drafts`, `issues`.

    `succeeded` is how many parts went well, and decides between partial and failed.
    """

    counts: Mapping[str, int] = attrs.field(factory=dict)
    failures: tuple[Failure, ...] = ()
    succeeded: int = 0

    @property
    def state(self) -> RunState:
        """Complete without failures; failed with nothing else."""
        if not self.failures:
            return RunState.COMPLETE
        return RunState.PARTIAL if self.succeeded else RunState.FAILED
