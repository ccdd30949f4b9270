"""Instrumentors that go wrong in each way they can."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from opentelemetry.instrumentation.instrumentor import BaseInstrumentor


class Needless:
    """Each class of instrumentors keeps one instance, which its subclasses would share."""

    def instrumentation_dependencies(self) -> Collection[str]:
        return ()

    def _instrument(self, **kwargs: Any) -> None:
        """Start well."""

    def _uninstrument(self, **kwargs: Any) -> None:
        """End well."""


class Raises(Needless, BaseInstrumentor):
    def _instrument(self, **kwargs: Any) -> None:  # noqa: ARG002 - the base class's
        raise RuntimeError("no")


class Conflicts(Needless, BaseInstrumentor):
    def instrumentation_dependencies(self) -> Collection[str]:
        return ("openai < 0.1",)


class Noisy(Needless, BaseInstrumentor):
    given: ClassVar[dict[str, Any]] = {}

    def _instrument(self, **kwargs: Any) -> None:
        self.given.update(kwargs)


class Stays(Needless, BaseInstrumentor):
    def _uninstrument(self, **kwargs: Any) -> None:  # noqa: ARG002 - likewise
        raise RuntimeError("no end")
