"""Small projects whose lists of traces are answered without asking the engine.

Planning is most of what a short question takes the engine, and while spans come in a page can't be
kept: the rows can, where one process writes and sees them all. (docs/decisions/0035-kept-traces.md)
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs

from prela_core.errors import InputError, PrelaError
from prela_core.io.insert_tables import Held, Tables
from prela_core.store import Order, Page, PageRequest, TraceFilter, TraceSummary
from prela_core.store.fragments import Query
from prela_core.store.kept_rows import (
    TAKEN_COLUMNS,
    announced,
    announced_in,
    is_deleting,
    kept_count,
    kept_rows,
    rows_in,
)
from prela_core.store.kept_traces import KeptTraces, can_list

__all__ = ["KeptProjects"]

_log = logging.getLogger(__name__)

_MOST_ROWS = 50_000
_MOST_BYTES = 48 << 20
"""Of a project, and of all that are kept."""
_MOST_PROJECTS = 64
_MOST_NEWS = 2_000
"""Rows between two questions: with more of them, to keep what is known takes longer than to ask."""
_MOST_NEWS_BYTES = 4 << 20
_UNFIT_SECONDS = 600.0
"""After which a project that was too large, or could not be read, is looked at again."""
_EDGE_SECONDS = 30.0
"""The same for one with a trace that retention may take a part of."""
_BUSY_SECONDS = 60.0
"""So long after a question a project keeps its room."""
_NEAR_RETENTION = 60_000_000
"""So soon, in microseconds, retention may take something away before a page is read."""


@attrs.define(eq=False)
class _Project:
    reading: threading.Lock = attrs.field(factory=threading.Lock)
    """Held by who reads what is kept, or takes in what came."""
    kept: KeptTraces | None = None
    news: list[Held] = attrs.field(factory=list)
    """What was inserted and is not in `kept` yet."""
    news_rows: int = 0
    news_bytes: int = 0
    """Rows that were inserted since the last question, and what they hold."""
    questions: int = 0
    asked_at: float = 0.0
    is_loading: bool = False
    dropped: int = 0
    """How often what was known, or is being read, was no longer good."""
    unfit_until: float = 0.0

    @property
    def has_too_much_news(self) -> bool:
        return self.news_rows > _MOST_NEWS or self.news_bytes > _MOST_NEWS_BYTES

    def take_news(self) -> list[Held]:
        news, self.news = self.news, []
        self.news_rows = self.news_bytes = 0
        return news

    def drop(self, unfit_until: float = 0.0) -> None:
        self.kept = None
        self.news = []
        self.dropped += 1
        self.unfit_until = unfit_until


class KeptProjects:
    """Keeps the rows of small projects about which is asked, as `ask` gives them at first.

    `added` is to be told of what was inserted before its sender is, within `coming` if others may
    see it before. Whatever else changes what is stored does so within `changing`, or calls `forget`
    afterwards. `oldest` gives the moment, in microseconds, before which retention may take spans
    away, 0 for never; `clock` gives seconds. A project's rows are read when it is asked about and
    was `after` times before. Any number of threads may call.
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
        """Held for moments, by who holds nothing else that is waited for."""
        self._projects: OrderedDict[str, _Project] = OrderedDict()
        self._coming: Counter[str] = Counter()
        self._changes = 0

    def page(
        self, project_id: str, where: TraceFilter, order: Order, page: PageRequest
    ) -> Page[TraceSummary] | None:
        """List traces; None where only the engine can, or takes no longer."""
        if not can_list(where, order):
            return None
        with self._lock:
            project = self._entry(project_id)
            if project.is_loading or self._changes or self._coming[project_id]:
                return None
            is_due = project.kept is None and self._is_due(project)
            if project.kept is None and not is_due:
                return None
            project.is_loading, dropped = is_due, project.dropped
        if is_due:
            self._load_into(project_id, project, dropped)
        with project.reading, self._whole_or_dropped(project):
            kept = self._up_to_date(project_id, project)
            return None if kept is None else kept.page(project_id, where, page)

    @contextmanager
    def _whole_or_dropped(self, project: _Project) -> Iterator[None]:
        """Keep nothing of what was interrupted, unless it was only asked wrongly."""
        try:
            yield
        except InputError:
            raise
        except BaseException:
            with self._lock:
                project.drop()
            raise

    def added(self, project_ids: Collection[str], tables: Tables) -> None:
        """Take what was inserted, which has rows of these projects."""
        with self._lock:
            held: Held | None = None
            for project_id in self._projects.keys() & project_ids:
                project = self._projects[project_id]
                if held is None:
                    held = _narrow(tables)
                project.news_rows += sum(table.num_rows for _, table in held)
                project.news_bytes += sum(table.nbytes for _, table in held)
                if project.has_too_much_news:
                    project.drop(project.unfit_until)
                elif project.kept is not None or project.is_loading:
                    project.news.append(held)

    @contextmanager
    def coming(self, project_ids: Collection[str]) -> Iterator[None]:
        """Answer nothing about these projects meanwhile: what is inserted may be seen already."""
        with self._lock:
            self._coming.update(project_ids)
        try:
            yield
        finally:
            with self._lock:
                for project_id in project_ids:
                    self._coming[project_id] -= 1
                    if not self._coming[project_id]:
                        del self._coming[project_id]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Forget all, and answer nothing meanwhile."""
        with self._lock:
            self._changes += 1
            self._drop_all()
        try:
            yield
        finally:
            with self._lock:
                self._changes -= 1
                self._drop_all()

    def forget(self) -> None:
        """Keep nothing of what is known until now."""
        with self._lock:
            self._drop_all()

    def _drop_all(self) -> None:
        for project in self._projects.values():
            project.drop()

    def _entry(self, project_id: str) -> _Project:
        """Give what is known of a project; of too many, the one asked about first is left out."""
        project = self._projects.pop(project_id, None) or _Project()
        self._projects[project_id] = project
        if len(self._projects) > _MOST_PROJECTS:
            self._projects.popitem(last=False)
        project.asked_at = self._clock()
        return project

    def _is_due(self, project: _Project) -> bool:
        """Count a question, and say whether it is time to read the project's rows."""
        project.questions += 1
        is_quiet = not project.has_too_much_news
        project.take_news()
        is_fit = self._clock() >= project.unfit_until
        return is_fit and is_quiet and project.questions > self._after

    def _load_into(self, project_id: str, project: _Project, dropped: int) -> None:
        """Read what is kept of a project, unless it was `dropped` once more meanwhile."""
        kept: KeptTraces | None = None
        is_tried = False
        try:
            ((is_deleting_now,),) = self._ask(is_deleting())
            if not is_deleting_now and dropped == project.dropped:
                kept = self._loaded(project_id)
                is_tried = True
        except PrelaError as error:
            is_tried = True
            _log.debug("a project is not kept, for it can't be read: %s", error)
        finally:
            # At once: what is inserted between the two would be missed.
            with self._lock:
                project.is_loading = False
                is_known = self._projects.get(project_id) is project
                if is_tried and is_known and dropped == project.dropped:
                    project.kept = kept
                    if kept is None or not self._has_room(project):
                        project.drop(self._clock() + _UNFIT_SECONDS)

    def _loaded(self, project_id: str) -> KeptTraces | None:
        """Read what is kept of a project; None where that is too much."""
        ((spans, announcements),) = self._ask(kept_count(project_id))
        if spans + announcements > _MOST_ROWS:
            return None
        kept = KeptTraces()
        kept.add(self._ask(kept_rows(project_id)))
        if announcements:
            kept.announce(self._ask(announced(project_id)))
        return kept

    def _up_to_date(self, project_id: str, project: _Project) -> KeptTraces | None:
        """Give what is kept with what came since; None where there is nothing that is good."""
        with self._lock:
            kept, news = project.kept, project.take_news()
        if kept is None:
            return None
        is_read = _take_in(kept, news, project_id)
        oldest = self._oldest()
        is_whole = not oldest or kept.forget_before(oldest + _NEAR_RETENTION)
        with self._lock:
            if project.kept is not kept:
                return None
            if not is_read or not is_whole:
                seconds = _EDGE_SECONDS if is_read else _UNFIT_SECONDS
                project.drop(self._clock() + seconds)
            elif not self._has_room(project):
                project.drop()
            return project.kept

    def _has_room(self, project: _Project) -> bool:
        """Say whether there is room for what is kept of a project, and make it where it can be."""
        idle_since = self._clock() - _BUSY_SECONDS
        others = [each for each in self._projects.values() if each.kept and each is not project]
        idle = [each for each in others if each.asked_at <= idle_since]
        while self._is_full():
            if not idle:
                return False
            idle.pop(0).drop()
        return True

    def _is_full(self) -> bool:
        kept = [each.kept for each in self._projects.values() if each.kept is not None]
        rows, size = sum(each.rows for each in kept), sum(each.size for each in kept)
        return rows > _MOST_ROWS or size > _MOST_BYTES


def _take_in(kept: KeptTraces, news: Sequence[Held], project_id: str) -> bool:
    """Add what was inserted; say whether all of it could be read."""
    try:
        for tables in news:
            for name, table in tables:
                if name == "spans":
                    kept.add(rows_in(table, project_id))
                else:
                    kept.announce(announced_in(table, project_id))
    except ValueError:
        return False
    return True


def _narrow(tables: Tables) -> Held:
    """Give the columns that are kept, without copying them."""
    return [
        (name, table.select(["project_id", *TAKEN_COLUMNS[name]]))
        for name, table in tables
        if table is not None
    ]
