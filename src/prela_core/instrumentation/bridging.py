"""The bridge from OpenTelemetry to the program's tracer, for as long as somebody needs it."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from prela_core.emit import set_neighbour

if TYPE_CHECKING:
    from prela_core.instrumentation.otel.bridge import SpanBridge

__all__ = ["Bridge", "bridge"]

_NEEDED = "spans of OpenTelemetry need its SDK: pip install 'prela-core[otel]'"

_open: list[Bridge] = []


def bridge(tracer_provider: Any = None) -> Bridge:
    """Put what OpenTelemetry's SDK records into the program's tracer, in one tree with its own.

    The bridge is added to `tracer_provider`, by default the process's, which keeps its other
    processors; a process without one gets one. It is open until `close`, or to the end of a
    `with` block. Raises ImportError without the extra `otel`.
    """
    try:
        from prela_core.instrumentation.otel.one_tree import OneTree  # noqa: PLC0415 - an extra
        from prela_core.instrumentation.otel.provider import bridged  # noqa: PLC0415 - likewise
    except ImportError as error:
        if not str(error.name).startswith("opentelemetry"):
            raise
        raise ImportError(_NEEDED, name=error.name) from None
    opened = Bridge(*bridged(tracer_provider))
    _open.append(opened)
    set_neighbour(OneTree())
    return opened


class Bridge:
    """One use of a bridge; `provider` is what instrumentors make their tracers with."""

    def __init__(self, provider: Any, spans: SpanBridge) -> None:
        self.provider = provider
        self.spans = spans

    def start(self, instrumentor: Callable[[], Any], options: dict[str, Any]) -> Callable[[], None]:
        """Start an instrumentor of the class given on the provider; give what ends it."""
        instance = instrumentor()
        instance.instrument(
            tracer_provider=self.provider, raise_exception_on_conflict=True, **options
        )

        def undo() -> None:
            # Ended by others meanwhile, it would log a warning.
            if getattr(instance, "is_instrumented_by_opentelemetry", True):
                instance.uninstrument()

        return undo

    def leave_out(self, scope: str, name: str) -> Callable[[], None]:
        """Export no spans of this scope and name; give what ends that."""
        self.spans.left_out.append((scope, name))
        return lambda: self.spans.left_out.remove((scope, name))

    def close(self) -> None:
        """Export no more, unless others still use the bridge. Closing again does nothing."""
        if self not in _open:
            return
        _open.remove(self)
        if not _open:
            set_neighbour(None)
        self.spans.active = any(other.spans is self.spans for other in _open)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()
