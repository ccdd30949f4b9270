"""Computing cells in the background, and telling which are void: `prela_core.store.cells`."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from prela_core.errors import StoreUnavailableError
from prela_core.store import cell_queries as queries
from prela_core.store.cells import Known, known_hours
from prela_core.store.fragments import Query

__all__ = ["ClickHouseCells"]

_QUIET = 10 * 60_000_000
"""So long after an hour has ended, or something in it changed, it is not computed."""
_AGAIN = 6
"""So many times as long after it was computed, an hour that changed is computed anew."""
_MOST_HOURS = 400 * 24
"""Hours before have no cells: whoever asks looks at all there are."""
_SURVEY = 60 * 60_000_000
_LATER = 60 * 60_000_000
"""So long after it failed, an hour is computed again."""
_MOST_FAILURES = 3
"""So many in a row, and the store is likely away."""
_FEW_ROWS = 20_000
"""Hours that have as few together are computed at once, wherever they are: statements cost more."""
_MOST_ROWS = 500_000
"""More at once would take long, and memory."""
_TOO_MANY_ROWS = 3_000_000
"""An hour with more has no cells."""
_KEPT = 10 * 60_000_000
"""So long whoever asks may still read cells that were computed anew since."""


class ClickHouseCells:
    """What keeps the cells of a store.

    `ask` and `command` are the store's, of whom either may take minutes; `settled` gives a moment
    before which everything stored is visible, and `micros` the time; all in microseconds since
    1970. `oldest` gives the moment before which retention takes spans away. Any number of processes
    may do the same at once: what two of them compute is right in both, and the one that was
    computed later is read.
    """

    def __init__(
        self,
        ask: Callable[[Query], list[Sequence[Any]]],
        command: Callable[[Query], None],
        settled: Callable[[], int],
        *,
        micros: Callable[[], int],
        oldest: Callable[[], int],
    ) -> None:
        self._ask = ask
        self._command = command
        self._settled = settled
        self._micros = micros
        self._oldest = oldest
        self._there: dict[str, dict[int, int]] = {}
        self._surveyed_at: int | None = None
        self._looked_at = 0
        self._to_look_through: set[str] = set()
        self._to_clean: set[str] = set()
        self._failed_at: dict[tuple[str, int], int] = {}
        self._failures = 0

    def refresh(self, *, quiet: int = _QUIET) -> Iterator[tuple[str, int]]:
        """Bring the cells up to date; gives the project and the hours after each step.

        An hour has cells when it ended `quiet` microseconds ago and nothing changed in it since;
        it is computed anew six times as long after it was computed, at the earliest. What fails is
        left for an hour, so that it holds up nothing else, and is told at the end.
        """
        begun = self._settled()
        is_survey = self._surveyed_at is None or self._micros() - self._surveyed_at >= _SURVEY
        if is_survey:
            self._survey()
        else:
            self._to_look_through |= {row[0] for row in self._ask(queries.recent(self._looked_at))}
        self._looked_at = begun
        self._failures = 0
        failed: StoreUnavailableError | None = None
        for project_id in sorted(self._to_look_through | set(self._there)):
            try:
                if project_id in self._to_look_through:
                    self._look_through(project_id)
                    self._to_look_through.remove(project_id)
                if is_survey and project_id in self._to_clean:
                    self._command(queries.drops_old(project_id, self._micros() - _KEPT))
                    self._to_clean.remove(project_id)
                for step in self._compute(project_id, quiet):
                    self._failures = 0
                    yield step
            except StoreUnavailableError as error:
                failed = error
                self._failures += 1
                if self._failures == _MOST_FAILURES:
                    break
        if failed is not None:
            raise failed

    def progress(self) -> tuple[int, int]:
        """Count the hours with spans that have cells, and those that may have, in all projects."""
        known = possible = 0
        now = self._micros() // queries.HOUR
        for project_id, hours, _ in self._ask(queries.hours_there()):
            may_have = {hour for hour in hours if self._oldest() // queries.HOUR < hour < now}
            possible += len(may_have)
            known += len(may_have & set(self._known(project_id).cells))
        return known, possible

    def void(self, project_id: str, until: int) -> None:
        """Have no cells of a project count that are computed before `until`."""
        self._command(queries.marks(project_id, [queries.EVERY], until))

    def _survey(self) -> None:
        now = self._micros()
        self._there = self._rows_by_hour()
        self._surveyed_at = now
        self._to_look_through |= set(self._there)
        self._failed_at = {at: then for at, then in self._failed_at.items() if then > now - _LATER}

    def _look_through(self, project_id: str) -> None:
        """Mark what has changed since the last look, of whichever process."""
        if project_id not in self._there:
            self._there |= self._rows_by_hour(project_id)
        known = self._known(project_id)
        until = self._settled()
        changed: set[int] = set()
        # Before the first look there are no cells, so that none are void.
        if known.covered is not None:
            if until <= known.covered:
                return
            changed = {row[0] for row in self._ask(queries.changed(project_id, known.covered))}
            there = self._there[project_id]
            there |= {hour: 1 for hour in changed if hour >= 0 and hour not in there}
        self._command(queries.marks(project_id, [*changed, queries.COVERED], until))

    def _compute(self, project_id: str, quiet: int) -> Iterator[tuple[str, int]]:
        known = self._known(project_id)
        now = self._micros()
        before = now - quiet
        if known.void_until.get(queries.EVERY, 0) > before:
            return
        oldest = max(-(-self._oldest() // queries.HOUR), now // queries.HOUR - _MOST_HOURS)
        there = self._there[project_id]
        if not there:
            return
        # The hours between are known to be empty, so that nobody looks there.
        wanted = [
            hour
            for hour in range(max(min(there), oldest), max(there) + 1)
            if hour not in known.cells
            and there.get(hour, 0) <= _TOO_MANY_ROWS
            and (hour + 1) * queries.HOUR <= before
            and known.void_until.get(hour, 0) <= before
            and known.computed_at.get(hour, 0) <= now - _AGAIN * quiet
            and self._failed_at.get((project_id, hour), 0) <= now - _LATER
        ]
        runs = list(_runs(wanted, there))
        # Others who do the same are likely to be at another.
        random.shuffle(runs)
        for first, last in runs:
            try:
                self._compute_run(project_id, first, last)
            except StoreUnavailableError:
                self._failed_at |= {(project_id, hour): now for hour in range(first, last + 1)}
                raise
            if any(hour in known.computed_at for hour in range(first, last + 1)):
                self._to_clean.add(project_id)
            yield project_id, last - first + 1

    def _compute_run(self, project_id: str, first: int, last: int) -> None:
        made = {"generation": random.getrandbits(63), "valid_at": self._settled()}
        self._command(queries.lists_traces(project_id, first, last))
        self._command(queries.computes(project_id, first, last, **made))
        self._command(queries.listed(project_id, first, last, **made))

    def _rows_by_hour(self, project_id: str | None = None) -> dict[str, dict[int, int]]:
        found: dict[str, dict[int, int]] = {} if project_id is None else {project_id: {}}
        for name, hours, rows in self._ask(queries.hours_there(project_id)):
            found[name] = dict(zip(hours, rows, strict=True))
        return found

    def _known(self, project_id: str) -> Known:
        return known_hours(self._ask(queries.states(project_id)))


def _runs(hours: Sequence[int], rows: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Give first and last of stretches that hold all of `hours`; `rows` are by hour.

    Hours that follow each other are together up to `_MOST_ROWS`. Any others are as long as all
    from the first to the last have `_FEW_ROWS` at the most: what else is between them is computed
    once more.
    """
    begin, size = None, 0
    for hour, after in pairwise([*hours, -1]):
        begin = hour if begin is None else begin
        size += rows.get(hour, 0)
        between = sum(rows.get(each, 0) for each in range(hour + 1, after))
        together = size + between + rows.get(after, 0)
        goes_on = after == hour + 1 and together <= _MOST_ROWS
        if after != -1 and (goes_on or together <= _FEW_ROWS):
            size += between
            continue
        yield begin, hour
        begin, size = None, 0
