"""Starting what makes spans of a program's libraries, and ending it again."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from importlib import import_module
from itertools import groupby
from typing import Any

import attrs

from prela_core.errors import SettingsError
from prela_core.instrumentation.bridging import Bridge, bridge
from prela_core.instrumentation.clients.requests import Patch
from prela_core.instrumentation.found import Family, Instrumentor, find, installed_version
from prela_core.instrumentation.libraries import (
    AI_LIBRARIES,
    FRAMEWORKS,
    MODEL_CLIENTS,
    normal_name,
)

__all__ = ["Instrumented", "Outcome", "State", "instrument", "instrumentors"]

_log = logging.getLogger("prela")

_SUPERSEDED = {"anthropic": ("com.anthropic.sdk.python", "anthropic.messages.create")}
"""Library -> the scope and name of spans that it makes itself, of what instrumentors record.

From its version 2 on `anthropic` does, without messages unless asked: two spans of a call would
count its tokens twice.
"""


_helped: set[str] = set()


class State(StrEnum):
    """What became of an instrumentor."""

    STARTED = "started"
    SKIPPED = "skipped"
    FAILED = "failed"


@attrs.frozen
class Outcome:
    """What became of one instrumentor, and why; of what was named but is missing, too."""

    instrumentor: Instrumentor
    state: State
    why: str

    def __str__(self) -> str:
        one = self.instrumentor
        library = f"{one.library} {one.library_version or ''}".rstrip()
        made_by = f"{one.package} {one.version}".rstrip()
        return f"{self.state.value:8} {library}: {made_by} ({self.why})"


@attrs.define
class Instrumented:
    """What `instrument` did; `print` it for the list."""

    outcomes: tuple[Outcome, ...]
    advice: tuple[str, ...] = ()
    _undo: list[Callable[[], None]] = attrs.field(factory=list, repr=False, eq=False)

    @property
    def started(self) -> tuple[str, ...]:
        """The libraries that are recorded now because of it."""
        return tuple(
            one.instrumentor.library for one in self.outcomes if one.state is State.STARTED
        )

    def __str__(self) -> str:
        said = [*map(str, self.outcomes), *self.advice]
        return "\n".join(said) or "no AI library is installed that could be recorded"

    def undo(self) -> None:
        """End what was started, the last first. Undoing again does nothing.

        A provider that was made for it stays OpenTelemetry's, which can't be unset, and exports
        nothing any more.
        """
        while self._undo:
            try:
                self._undo.pop()()
            except Exception:  # noqa: BLE001 - one that can't be ended must not keep the others
                _log.warning("an instrumentor could not be ended", exc_info=True)


def instrumentors() -> list[Instrumentor]:
    """List what could be started: every installed instrumentor, and our own helpers.

    Nothing is started or imported.
    """
    helpers = [
        Instrumentor(
            name=library,
            family=Family.PRELA,
            package="prela-core",
            version="",
            library=library,
            library_version=version,
            ai=True,
        )
        for library in ("anthropic", "openai")
        if (version := installed_version(library))
    ]
    order = list(Family)
    return sorted(
        [*find(), *helpers], key=lambda one: (one.library, order.index(one.family), one.name)
    )


def instrument(
    *names: str | Iterable[str],
    exclude: str | Iterable[str] = (),
    prefer: Family | str | None = None,
    tracer_provider: Any = None,
    **options: Any,
) -> Instrumented:
    """Record what the program's libraries do, by the instrumentors that are installed.

        print(prela_core.instrument())
        print(prela_core.instrument("openai", "httpx"))

    Without `names`, those for AI libraries are started. A name may be that of an instrumentor,
    such as `httpx`, of a library, of a package, or of a family such as `openllmetry`; `exclude`
    takes the same. Of several for one library one is started: the one whose package was named,
    else the first in the order of `Family`, `prefer` before all: OpenInference's, OpenLLMetry's,
    OpenTelemetry's, our own. When it can't be started the next one is tried. A library that is
    recorded already is left alone.

    Spans go to the tracer of `prela_core.init`, which may be called before or after, in one tree
    with its own. OpenTelemetry's come over `tracer_provider`, by default the process's, which
    keeps its other processors; a process without one gets one. `options` are handed to every
    instrumentor.

    Never raises for what is missing or fails: the outcome says so. Raises `SettingsError` for a
    `prefer` that is no family.
    """
    if prefer is not None and prefer not in set(Family):
        raise SettingsError(f"prefer is one of {', '.join(Family)}, not {prefer!r}")
    asked_for = _flat(names)
    excluded = _flat([exclude])
    found = instrumentors()
    run = _Run(asked_for, prefer, tracer_provider, options)
    run.open_bridge()  # what others have started, and what needs no instrumentor, comes over it
    asked = [one for one in found if run.is_asked(one)]
    for _, group in groupby(asked, key=lambda one: one.library):
        run.start_one([one for one in group if not run.is_left_out(one, excluded)])
    for name in asked_for:
        if not any(one.is_called(name) for one in found):
            run.outcomes.append(_missing(name))
    advice = [] if asked_for else [*_missing_ones(found), *_counted_twice(run.outcomes)]
    done = Instrumented(tuple(run.outcomes), tuple(advice), run.undo)
    _log.debug("instrumented:\n%s", done)
    return done


class _Run:
    """One call of `instrument`."""

    def __init__(
        self, names: Sequence[str], prefer: str | None, provider: Any, options: dict[str, Any]
    ) -> None:
        self.outcomes: list[Outcome] = []
        self.undo: list[Callable[[], None]] = []
        self._names = names
        self._prefer = prefer
        self._given = provider
        self._options = options
        self._bridge: Bridge | None = None
        self._no_bridge = ""

    def is_asked(self, one: Instrumentor) -> bool:
        if self._names:
            return any(one.is_called(name) for name in self._names)
        return one.ai

    def is_left_out(self, one: Instrumentor, excluded: Sequence[str]) -> bool:
        if any(one.is_called(name) for name in excluded):
            self._note(one, State.SKIPPED, "excluded")
        elif one.library_version is None:
            self._note(one, State.SKIPPED, f"{one.library} is not installed")
        else:
            return False
        return True

    def start_one(self, group: Sequence[Instrumentor]) -> None:
        """Start the first of `group`, instrumentors of one library, that can be."""
        recorded = next((one for one in group if _is_on(one)), None)
        for one in sorted(group, key=self._rank):
            if recorded is not None:
                why = "was started before" if one == recorded else f"{recorded.package} is used"
                self._note(one, State.SKIPPED, why)
            elif self._start(one):
                recorded = one

    def _rank(self, one: Instrumentor) -> tuple[bool, bool, int]:
        is_named = any(normal_name(name) == one.package for name in self._names)
        return not is_named, one.family != self._prefer, list(Family).index(one.family)

    def _start(self, one: Instrumentor) -> bool:
        opened = self.open_bridge()
        if one.entry is not None and opened is None:
            self._note(one, State.SKIPPED, self._no_bridge)
            return False
        try:
            if one.entry is None:
                self.undo.append(_help(one.library))
            elif opened is not None:
                self.undo.append(opened.start(one.entry.load(), self._options))
        except Exception as error:  # noqa: BLE001 - one that fails must not hinder the others
            is_conflict = type(error).__name__ == "DependencyConflictError"
            text = str(error) if is_conflict else f"{type(error).__name__}: {error}"
            self._note(one, State.SKIPPED if is_conflict else State.FAILED, text)
            return False
        if opened is not None and one.library in _SUPERSEDED:
            self.undo.append(opened.leave_out(*_SUPERSEDED[one.library]))
        self._note(one, State.STARTED, one.family.value)
        return True

    def open_bridge(self) -> Bridge | None:
        """Give the bridge, which is opened once; None without OpenTelemetry's SDK."""
        if self._bridge is None and not self._no_bridge:
            try:
                self._bridge = bridge(self._given)
            except ImportError as error:
                self._no_bridge = str(error)
            else:
                self.undo.append(self._bridge.close)
        return self._bridge

    def _note(self, one: Instrumentor, state: State, why: str) -> None:
        self.outcomes.append(Outcome(one, state, why))


def _help(library: str) -> Callable[[], None]:
    """Start our own helper for `library`; give what ends it."""
    patched: Patch = import_module(f"prela_core.instrumentation.{library}").patch()
    _helped.add(library)

    def undo() -> None:
        patched.undo()
        _helped.discard(library)

    return undo


def _is_on(one: Instrumentor) -> bool:
    """Say whether an instrumentor runs; one whose module nobody has imported does not.

    It is not made to be asked: making one again would set it back to its defaults.
    """
    if one.entry is None:
        return one.library in _helped
    module = sys.modules.get(one.entry.module)
    instance = getattr(getattr(module, one.entry.attr, None), "_instance", None)
    return bool(getattr(instance, "is_instrumented_by_opentelemetry", False))


def _flat(names: Iterable[str | Iterable[str]]) -> list[str]:
    return [one for name in names for one in ([name] if isinstance(name, str) else name)]


def _missing(name: str) -> Outcome:
    library = normal_name(name)
    package = AI_LIBRARIES.get(library)
    one = Instrumentor(name, Family.OPENTELEMETRY, package or name, "", library, None, ai=False)
    why = f"pip install {package}" if package else "no installed instrumentor is called so"
    return Outcome(one, State.SKIPPED, why)


def _missing_ones(found: Sequence[Instrumentor]) -> Iterable[str]:
    """Say what to install for the AI libraries that nothing here can record."""
    recorded = {one.library for one in found}
    for library, package in AI_LIBRARIES.items():
        version = installed_version(library) if library not in recorded else None
        if version:
            yield f"{library} {version} is not recorded: pip install {package} 'prela-core[otel]'"


def _counted_twice(outcomes: Sequence[Outcome]) -> Iterable[str]:
    """Say where a framework and clients by which it may call models are both recorded."""
    started = [one.instrumentor for one in outcomes if one.state is State.STARTED]
    clients = sorted({one.library for one in started} & MODEL_CLIENTS)
    for one in started:
        if clients and one.library in FRAMEWORKS and one.family is Family.OPENINFERENCE:
            yield (
                f"calls of {' or '.join(clients)} by {one.library} are two spans each, with their "
                f"tokens counted twice; exclude={clients if len(clients) > 1 else clients[0]!r} "
                "makes them one"
            )
