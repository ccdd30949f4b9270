"""Small projects whose lists of traces are answered without asking the engine.

Planning is most of what a short question takes the engine, and while spans come in a page can't be
kept: the rows can, where one process writes and sees them all. (docs/decisions/0035-kept-traces.md)
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs

from prela_core.io.insert_tables import Held, Tables
from prela_core.store import Order, Page, PageRequest, TraceFilter, TraceSummary
from prela_core.store.fragments import Query
from prela_core.store.kept_rows import (
    TAKEN_COLUMNS,
    announced,
    announced_in,
    kept_count,
    kept_rows,
    rows_in,
)
from prela_core.store.kept_traces import KeptTraces, can_list

__all__ = ["KeptProjects"]

_MOST_ROWS = 50_000
_MOST_BYTES = 16 << 20
"""Of a project, and of all that are kept."""
_MOST_PROJECTS = 64
_MOST_NEWS = 2_000
"""Rows between two questions: with more of them, to keep what is known takes longer than to ask."""
_UNFIT_SECONDS = 600.0
"""After which a project that was too large is looked at again."""
_NEAR_RETENTION = 60_000_000
"""So soon, in microseconds, retention may take something away before a page is read."""


@attrs.define(eq=False)
class _Project:
    kept: KeptTraces | None = None
    news: list[Held] = attrs.field(factory=list)
    """What was inserted and is not in `kept` yet."""
    news_rows: int = 0
    """Rows that were inserted since the last question."""
    asked: int = 0
    """How often it was asked about, as far as that matters."""
    is_loading: bool = False
    dropped: int = 0
    """How often what was known, or is being read, was no longer good."""
    unfit_until: float = 0.0

    def drop(self) -> None:
        self.kept = None
        self.news.clear()
        self.dropped += 1


class KeptProjects:
    """Keeps the rows of small projects about which is asked, as `ask` gives them at first.

    `added` is to be told of what was inserted before its sender is, and `forget` to be called once
    anything else may have changed what is stored. `oldest` gives the moment, in microseconds,
    before which retention may take spans away; `clock` seconds. A project's rows are read when it
    is asked about and was `after` times before. Any number of threads may call.
    """

    def __init__(
        self,
        ask: Callable[[Query], list[Sequence[Any]]],
        oldest: Callable[[], int],
        clock: Callable[[], float],
        after: int = 1,
    ) -> None:
        self._ask = ask
        self._oldest = oldest
        self._clock = clock
        self._after = after
        self._lock = threading.Lock()
        self._projects: OrderedDict[str, _Project] = OrderedDict()

    def page(
        self, project_id: str, where: TraceFilter, order: Order, page: PageRequest
    ) -> Page[TraceSummary] | None:
        """List traces; None where only the engine can, or takes no longer."""
        if not can_list(where, order):
            return None
        with self._lock:
            project = self._asked(project_id)
            kept = self._up_to_date(project_id, project)
            if kept is not None:
                return kept.page(project_id, where, page)
            if not self._is_worth_loading(project):
                return None
            project.is_loading = True
            dropped = project.dropped
        try:
            loaded = self._load(project_id)
        finally:
            with self._lock:
                project.is_loading = False
        with self._lock:
            if dropped != project.dropped or self._projects.get(project_id) is not project:
                return None
            if loaded is None:
                self._give_up(project)
                return None
            project.kept = loaded
            kept = self._up_to_date(project_id, project)
            return None if kept is None else kept.page(project_id, where, page)

    def added(self, project_ids: Iterable[str], tables: Tables) -> None:
        """Take what was inserted, which has rows of these projects."""
        with self._lock:
            held: Held | None = None
            for project_id in set(project_ids) & self._projects.keys():
                project = self._projects[project_id]
                if held is None:
                    held = _narrow(tables)
                project.news_rows += sum(table.num_rows for _, table in held)
                if project.news_rows > _MOST_NEWS:
                    project.drop()
                elif project.kept is not None or project.is_loading:
                    project.news.append(held)

    def forget(self) -> None:
        """Keep nothing of what is known until now."""
        with self._lock:
            for project in self._projects.values():
                project.drop()
                project.unfit_until = 0.0

    def _asked(self, project_id: str) -> _Project:
        project = self._projects.pop(project_id, None) or _Project()
        self._projects[project_id] = project
        if len(self._projects) > _MOST_PROJECTS:
            self._projects.popitem(last=False)
        return project

    def _is_worth_loading(self, project: _Project) -> bool:
        is_due = project.asked >= self._after
        project.asked += 1
        came, project.news_rows = project.news_rows, 0
        is_fit = self._clock() >= project.unfit_until
        return is_due and is_fit and came <= _MOST_NEWS and not project.is_loading

    def _load(self, project_id: str) -> KeptTraces | None:
        """Read what is kept of a project; None where that is too much."""
        ((spans, announcements),) = self._ask(kept_count(project_id))
        if spans + announcements > _MOST_ROWS:
            return None
        loaded = KeptTraces()
        loaded.add(self._ask(kept_rows(project_id)))
        if announcements:
            loaded.announce(self._ask(announced(project_id)))
        return loaded

    def _up_to_date(self, project_id: str, project: _Project) -> KeptTraces | None:
        """Give what is kept with what came since; None where there is nothing, or too much."""
        kept = project.kept
        if kept is None:
            return None
        for tables in project.news:
            for name, table in tables:
                if name == "spans":
                    kept.add(rows_in(table, project_id))
                else:
                    kept.announce(announced_in(table, project_id))
        project.news.clear()
        project.news_rows = 0
        oldest, gone_before = kept.oldest, self._oldest()
        ends = gone_before and oldest is not None and oldest < gone_before + _NEAR_RETENTION
        if ends or not self._has_room(project):
            self._give_up(project)
        return project.kept

    def _has_room(self, project: _Project) -> bool:
        """Say whether there is room for what is kept of a project, if need be for that alone."""
        others = [each for each in self._projects.values() if each.kept and each is not project]
        while self._is_full():
            if not others:
                return False
            others.pop(0).drop()
        return True

    def _is_full(self) -> bool:
        kept = [each.kept for each in self._projects.values() if each.kept is not None]
        spans, size = sum(each.spans for each in kept), sum(each.size for each in kept)
        return spans > _MOST_ROWS or size > _MOST_BYTES

    def _give_up(self, project: _Project) -> None:
        project.drop()
        project.unfit_until = self._clock() + _UNFIT_SECONDS


def _narrow(tables: Tables) -> Held:
    """Give the columns that are kept, without copying them."""
    return [
        (name, table.select(["project_id", *TAKEN_COLUMNS[name]]))
        for name, table in tables
        if table is not None
    ]
