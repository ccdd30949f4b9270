"""The engine as a store asks it: by use, and after what was accepted is there to be seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from prela_core.io.clickhouse_answers import Answers
from prela_core.io.clickhouse_connections import Connections, Use
from prela_core.io.clickhouse_statements import command, rows_of
from prela_core.io.kept_answers import KeptAnswers
from prela_core.store import Page
from prela_core.store.fragments import Query
from prela_core.store.plans import Plan

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = ["Asking"]

T = TypeVar("T")
Rows = list[Sequence[Any]]

_TEND_SECONDS = 600
_SEEING = frozenset({Use.READ, Use.DELETE, Use.LONG, Use.TEND})
"""What connections are for that see spans."""


class Asking:
    """Asks and commands an engine that `connect` opens connections to, as `Connections` has it.

    `catch_up` is called before anything is asked that sees spans. With `keeps_pages`, which is for
    where no other process writes, a page is kept until something is written. Steps
    of a deletion are taken within `changing`.
    """

    def __init__(
        self,
        connect: Callable[[], Client],
        catch_up: Callable[[], None],
        *,
        readers: int,
        writers: int,
        keeps_pages: bool,
        changing: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._catch_up = catch_up
        self._changing = changing
        self._kept = KeptAnswers() if keeps_pages else None
        self.connections = Connections(connect, self._kept, readers=readers, writers=writers)
        self._answers = Answers(self.connections)

    def borrowed(
        self, use: Use, *, writing: bool, once: bool = False
    ) -> AbstractContextManager[Client]:
        """Lend a connection as `Connections.borrowed` does."""
        if use in _SEEING:
            self._catch_up()
        return self.connections.borrowed(use, writing=writing, once=once)

    def answer(self, plan: Plan[T]) -> T:
        """Give what `plan` comes to."""
        self._catch_up()
        return self._answers.answer(plan)

    def page(self, plan: Plan[Page[T]], question: tuple[object, ...] | None) -> Page[T]:
        """Give what `plan` comes to, or came to since the last change for the same `question`.

        None for one whose answer depends on when it is asked. One with values that no filter can
        have, such as a list, is left to the plan.
        """
        if self._kept is None or question is None or not _is_hashable(question):
            return self.answer(plan)
        return self._kept.page(question, self._catch_up, lambda: self.answer(plan))

    def ask(self, query: Query) -> Rows:
        """Answer one question."""
        with self.borrowed(Use.READ, writing=False) as client:
            return rows_of(client, query)

    def ask_long(self, query: Query) -> Rows:
        """Answer one that may take minutes, beside the others."""
        with self.borrowed(Use.TEND, writing=False, once=True) as client:
            return rows_of(client, query, seconds=_TEND_SECONDS)

    def tend(self, query: Query) -> None:
        """Carry out what may take minutes, beside questions."""
        with self.borrowed(Use.TEND, writing=False, once=True) as client:
            command(client, query, seconds=_TEND_SECONDS)

    def delete(self, query: Query) -> None:
        """Carry out a step of a deletion, beside inserts."""
        with self._changing(), self.borrowed(Use.DELETE, writing=False) as client:
            command(client, query)

    def close(self) -> None:
        """Close all connections, and answer nothing more."""
        self.connections.close()
        if self._kept is not None:
            self._kept.changed()


def _is_hashable(question: tuple[object, ...]) -> bool:
    try:
        hash(question)
    except TypeError:
        return False
    return True
