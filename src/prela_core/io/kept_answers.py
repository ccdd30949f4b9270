"""Pages that are asked for again before anything was written, answered without asking the engine.

Planning is most of what a short question takes the engine, and a page that is looked at is asked
for again and again, by each who looks. (docs/decisions/0031-kept-pages.md)
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import attrs
from msgspec import Raw

from prela_core.store.results import Page

__all__ = ["KeptAnswers"]

T = TypeVar("T")

_MOST = 32
_MOST_BYTES = 256 * 1024
"""Of text in a page: 8 MiB in all."""
_VALUE_BYTES = 32
_SECONDS = 60.0
"""A page is kept for as long, although nothing was written: retention takes away what is old."""


class KeptAnswers:
    """Keeps pages until something is written, within `writing` from before it can be seen.

    So whoever was told that something was written, or has seen it elsewhere, is never given what
    was before. `afterwards` is for what takes long, and hardly ever writes. Any number of threads
    may call.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._changes = 0
        self._writers = 0
        self._pages: OrderedDict[Hashable, tuple[float, Page[Any]]] = OrderedDict()

    def changed(self) -> None:
        """Forget all, and what is being asked for now as well."""
        with self._lock:
            self._forget()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep nothing meanwhile."""
        with self._lock:
            self._writers += 1
            self._forget()
        try:
            yield
        finally:
            with self._lock:
                self._writers -= 1
                self._forget()

    @contextmanager
    def afterwards(self) -> Iterator[None]:
        """Forget all once it is over."""
        try:
            yield
        finally:
            self.changed()

    def _forget(self) -> None:
        self._changes += 1
        self._pages.clear()

    def page(
        self, question: Hashable, before: Callable[[], None], ask: Callable[[], Page[T]]
    ) -> Page[T]:
        """Give what `ask` does, or has for the same `question`; `before` it may change things."""
        with self._lock:
            until, page = self._pages.get(question, (0.0, None))
            if page is not None and self._clock() < until:
                self._pages.move_to_end(question)
                return _own(page)
        before()
        with self._lock:
            changes = self._changes
        page = ask()
        if _weight(page) <= _MOST_BYTES:
            with self._lock:
                if changes == self._changes and not self._writers:
                    self._pages[question] = self._clock() + _SECONDS, _own(page)
                    while len(self._pages) > _MOST:
                        self._pages.popitem(last=False)
        return page


def _weight(page: Page[T]) -> int:
    """Give about how many bytes the items take; each is a class of `prela_core.store.results`."""
    values = [value for item in page.items for value in vars(item).values()]
    texts = sum(len(value) for value in values if isinstance(value, str))
    raws = sum(memoryview(value).nbytes for value in values if isinstance(value, Raw))
    return texts + raws + _VALUE_BYTES * len(values)


def _own(page: Page[T]) -> Page[T]:
    """Give the page with a list of its own."""
    return attrs.evolve(page, items=[*page.items])
