"""Deletions on ClickHouse: lightweight deletes for readers, then a mutation for the disks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from prela_core.errors import StoreUnavailableError
from prela_core.io.clickhouse_words import forget_words
from prela_core.io.deleted_letters import DeletedLetters
from prela_core.model import to_micros
from prela_core.store import cell_queries
from prela_core.store import deletion_queries as queries
from prela_core.store.cursors import decode_cursor, encode_cursor, question_digest
from prela_core.store.deletion_log import Step, last, receipt, step_from_row
from prela_core.store.deletions import Deletion, DeletionRequest, DeletionState
from prela_core.store.filters import PageRequest
from prela_core.store.fragments import Query
from prela_core.store.results import Page

__all__ = ["ClickHouseDeletions"]

_LETTERS = "dead_letters"
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0
"""Seconds between two looks whether the engine has done what it was told."""


class ClickHouseDeletions:
    """The `Deletions` of a store.

    `ask` and `command` are the store's, for questions and for what changes something; `learn` has
    its inserts know of a deletion, and returns when no insert is under way that does not.
    `micros` gives the time in microseconds since 1970. After `settle_seconds` other processes
    know of a deletion that was asked, and have ended the inserts they were at.
    """

    def __init__(
        self,
        ask: Callable[[Query], list[Sequence[Any]]],
        command: Callable[[Query], None],
        learn: Callable[[Step], None],
        letters: DeletedLetters,
        *,
        micros: Callable[[], int],
        settle_seconds: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ask = ask
        self._command = command
        self._learn = learn
        self._letters = letters
        self._micros = micros
        self._settle = round(settle_seconds * 1_000_000)
        self._sleep = sleep

    def count(self, request: DeletionRequest) -> Deletion:
        """Say what `request` would delete now, as the receipt would; nothing is done."""
        counts = self._counts(queries.Scope.of_request(request))
        return receipt([_first_step(request, self._micros(), counts)])

    def ask(self, request: DeletionRequest) -> Deletion:
        """Fix which traces `request` means; returns after it is durable that they be deleted."""
        fixing = queries.fixes(request)
        if fixing is not None:
            self._command(fixing)
        step = _first_step(request, self._micros())
        # Last, for it is what makes the others count.
        self._learn(step)
        return receipt([step])

    def one(self, project_id: str, deletion_id: str) -> Deletion | None:
        """Give a receipt, or None when the project has no such deletion."""
        steps = self._steps(project_id, deletion_id)
        return receipt(steps) if steps else None

    def all(self, project_id: str, page: PageRequest) -> Page[Deletion]:
        """List the receipts of a project, the newest first."""
        digest = question_digest("deletions", project_id)
        after = None if page.cursor is None else decode_cursor(page.cursor, digest)
        rows = self._ask(
            queries.deletion_ids(project_id, after=after, offset=page.offset, limit=page.limit + 1)
        )
        shown = [row[0] for row in rows[: page.limit]]
        steps: dict[str, list[Step]] = {deletion_id: [] for deletion_id in shown}
        for step in map(step_from_row, self._ask(queries.steps_of(project_id, shown))):
            steps[step.deletion_id].append(step)
        items = [receipt(each) for each in steps.values()]
        cursor = None
        if len(rows) > page.limit:
            cursor = encode_cursor(digest, to_micros(items[-1].asked_at), items[-1].deletion_id)
        return Page(items=items, next_cursor=cursor)

    def carry_out(self) -> Iterator[tuple[str, Deletion]]:
        """Go on with each deletion that is not done, of whatever project."""
        to_erase: list[list[Step]] = []
        for project_id, deletion_id in self._ask(queries.unfinished()):
            steps = self._steps(project_id, deletion_id)
            while (now := last(steps)).state is not DeletionState.ERASING:
                if now.state is DeletionState.DELETING:
                    for _ in self._delete(now):
                        yield project_id, receipt(steps)
                elif now.state is DeletionState.SETTLING and self._settles(now):
                    break
                yield self._take(self._after(now), steps)
            else:
                to_erase.append(steps)
        # Together, since it reads and writes the parts of a table whole.
        tables = _tables_of(to_erase)
        for table in sorted(tables):
            self._command(queries.erases(table))
        for table in sorted(tables):
            for _ in self._wait(table, None):
                yield to_erase[0][0].project_id, receipt(to_erase[0])
        self._forget_words(tables)
        for steps in to_erase:
            done = attrs.evolve(last(steps), state=DeletionState.DONE, counts={})
            yield self._take(done, steps)

    def _forget_words(self, tables: set[str]) -> None:
        """Erase what was copied out of parts that are erased."""
        if tables:
            forget_words(self._ask, self._command)

    def _after(self, now: Step) -> Step:
        """Give the step after `now`, the work of which is done."""
        counts = self._counts(queries.Scope.of_step(now))
        if now.state is DeletionState.WAITING:
            if letters := self._letters.count(now.project_id):
                counts[_LETTERS] = letters
            state = DeletionState.DELETING if counts else DeletionState.SETTLING
            return attrs.evolve(now, state=state, counts=counts)
        if counts:
            # An insert that did not know of it yet came after.
            sweep = now.sweep + 1
            return attrs.evolve(now, state=DeletionState.DELETING, sweep=sweep, counts=counts)
        after = list(DeletionState)[now.state.rank + 1]
        return attrs.evolve(now, state=after, counts={})

    def _settles(self, now: Step) -> bool:
        return self._micros() < now.at + self._settle

    def _delete(self, now: Step) -> Iterator[None]:
        """Delete what was counted, and come back now and then until that is done."""
        scope = queries.Scope.of_step(now)
        tables = [table for table in queries.TABLES if table in now.counts]
        for table in tables:
            # One that was begun before this process goes on by itself.
            if not self._ask(queries.mutations(table, now.deletion_id)):
                self._command(queries.deletes(table, scope))
        for table in tables:
            yield from self._wait(table, now.deletion_id)
        yield from self._drop_cells(now)
        if _LETTERS in now.counts:
            self._letters.forget(now.project_id)

    def _drop_cells(self, now: Step) -> Iterator[None]:
        """Have go what was computed from the rows that are gone now."""
        hours = None
        if not now.is_everything:
            asked = cell_queries.hours_of_deletion(now.project_id, now.deletion_id)
            hours = [hour for (hour,) in self._ask(asked)]
            if not hours:
                return
        void = [cell_queries.EVERY] if hours is None else hours
        # Before they go: some may be computed from the rows as they were at this moment.
        self._command(cell_queries.marks(now.project_id, void, max(self._micros(), now.at) + 1))
        for query in cell_queries.drops(now.project_id, now.deletion_id, hours):
            self._command(query)
        for table in cell_queries.TABLES:
            yield from self._wait(table, now.deletion_id)

    def _take(self, step: Step, steps: list[Step]) -> tuple[str, Deletion]:
        """Write `step` down, after all of `steps`."""
        steps.append(attrs.evolve(step, at=max(self._micros(), step.at)))
        self._command(queries.takes_step(steps[-1]))
        return step.project_id, receipt(steps)

    def _steps(self, project_id: str, deletion_id: str) -> list[Step]:
        return list(map(step_from_row, self._ask(queries.steps_of(project_id, [deletion_id]))))

    def _counts(self, scope: queries.Scope) -> dict[str, int]:
        (row,) = self._ask(queries.counts(scope))
        return {name: int(count) for name, count in zip(queries.COUNTED, row, strict=True) if count}

    def _wait(self, table: str, deletion_id: str | None) -> Iterator[None]:
        pause = _SHORTEST_PAUSE
        while left := self._ask(queries.mutations(table, deletion_id)):
            for mutation_id, why in left:
                if why:
                    # It would be tried for ever, before every later one of the same table.
                    self._command(queries.kills(table, mutation_id))
                    raise StoreUnavailableError(
                        f"what was to go from {table} can't be deleted now", retry_after=30
                    ) from RuntimeError(why)
            yield
            self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def _tables_of(deletions: Sequence[list[Step]]) -> set[str]:
    """Name the tables that rows were deleted from."""
    found = {name for steps in deletions for name in receipt(steps).rows}
    return found | set(cell_queries.TABLES) if found else found


def _first_step(request: DeletionRequest, at: int, counts: dict[str, int] | None = None) -> Step:
    return Step(
        project_id=request.project_id,
        deletion_id=request.deletion_id,
        asked_at=request.asked_at,
        is_everything=request.everything,
        said=request.said.decode(),
        at=at,
        state=DeletionState.WAITING,
        counts=counts or {},
    )
