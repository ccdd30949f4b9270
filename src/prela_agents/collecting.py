"""Taking what sources have, into the state: the first half of every run."""

from __future__ import annotations

from collections.abc import Callable

from prela_agents.errors import GoneError
from prela_agents.model import Failure, Outcome
from prela_agents.ports import Parts, Source
from prela_core.errors import PrelaError

__all__ = ["collect"]

_PAGES = 50
"""Of one source in one run; the next run goes on where this one stopped."""


async def collect(parts: Parts, *, gone: Callable[[Source], None] | None = None) -> Outcome:
    """Fetch every source from its cursor on and keep what is new.

    `gone` is told of a source that the platform says is not there.

    A source that fails is a failure of its own; what it gave before is kept. Counts `items`, and
    `succeeded` the sources that went to their end.
    """
    new, failures, succeeded = 0, list[Failure](), 0
    for source in parts.sources:
        try:
            new += await _drain(source, parts)
            succeeded += 1
        except PrelaError as error:
            if gone is not None and isinstance(error, GoneError):
                gone(source)
            failures.append(Failure(source.name, str(error)))
    return Outcome(counts={"items": new}, failures=tuple(failures), succeeded=succeeded)


async def _drain(source: Source, parts: Parts) -> int:
    new = 0
    for _ in range(_PAGES):
        page = await source.fetch(parts.state.cursor(source.name))
        if gone := [item.key for item in page.items if item.deleted]:
            parts.history.purge(gone)
        new += parts.state.take(source.name, page)
        if not page.more:
            break
    return new
