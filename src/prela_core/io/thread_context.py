"""The current span in threads and thread pools, without the program saying so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import wraps
from typing import Any

from prela_core.emit.carrying import carried
from prela_core.emit.place import HERE, SAID_HERE

__all__ = ["carry_into_threads", "leave_threads_alone"]


def carry_into_threads() -> None:
    """Let threads and the work of thread pools run in the span that started or submitted them.

    Python before 3.14 gives a new thread an empty context, so its spans would be traces of their
    own. From now on `threading.Thread.start` and `ThreadPoolExecutor.submit` (and so `map`, and
    asyncio's `run_in_executor`) carry the current span and what `context(...)` says, and nothing
    else. Where neither is there they do what they always did. Doing it again changes nothing.

    A thread that is started in a span for good, to serve the whole program, would keep to that
    span: start it in an empty context, `contextvars.Context().run(thread.start)`.
    """
    for patch in _PATCHES:
        patch.apply()


def leave_threads_alone() -> None:
    """Undo `carry_into_threads`.

    Where another library has patched on top of it since, ours stays in place and does nothing.
    """
    for patch in _PATCHES:
        patch.undo()


class _Patch:
    """A method of a class of the standard library in our form, `around` the one it had."""

    def __init__(self, owner: type, name: str, around: Callable[[Any, _Patch], Any]) -> None:
        self._owner = owner
        self._name = name
        self._around = around
        self._original: Any = None
        self._ours: Any = None
        self.applies = False

    def apply(self) -> None:
        self.applies = True
        if self._ours is None:
            self._original = getattr(self._owner, self._name)
            self._ours = self._around(self._original, self)
            setattr(self._owner, self._name, self._ours)

    def undo(self) -> None:
        self.applies = False
        if self._ours is not None and getattr(self._owner, self._name) is self._ours:
            setattr(self._owner, self._name, self._original)
            self._ours = None


def _start(original: Any, patch: _Patch) -> Any:
    @wraps(original)
    def start(self: threading.Thread) -> None:
        here = carried() if patch.applies else None
        if here is None:
            original(self)
            return
        run = self.run

        def run_here() -> None:
            # Gone before it runs: the thread would else hold itself by it.
            self.__dict__.pop("run", None)
            here.run(run)

        self.run = run_here  # type: ignore[method-assign] # of this thread alone
        try:
            original(self)
        except BaseException:
            self.__dict__.pop("run", None)
            raise

    return start


def _submit(original: Any, patch: _Patch) -> Any:
    @wraps(original)
    def submit(
        self: ThreadPoolExecutor, function: Any, /, *args: Any, **kwargs: Any
    ) -> Future[Any]:
        here = carried() if patch.applies else None
        if here is None:
            future: Future[Any] = original(self, function, *args, **kwargs)
            return future
        # The pool may start a thread for this, which will serve others too.
        place, said = HERE.get(), SAID_HERE.get()
        HERE.set(None)
        SAID_HERE.set(None)
        try:
            future = original(self, here.run, function, *args, **kwargs)
        finally:
            HERE.set(place)
            SAID_HERE.set(said)
        return future

    return submit


_PATCHES = (
    _Patch(threading.Thread, "start", _start),
    _Patch(ThreadPoolExecutor, "submit", _submit),
)
