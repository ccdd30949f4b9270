"""All that happens to a span between its end and the exporters: processors, then tail sampling."""

from __future__ import annotations

from collections.abc import Sequence

from prela_core.emit.ports import Processor
from prela_core.emit.processing import Fault, processed
from prela_core.emit.tail import KeepErrors, TailSampler
from prela_core.model import Span

__all__ = ["Stages"]


class Stages:
    """Runs `processors` over each span, and holds traces back until `tail` decides on them.

    `now` is in seconds, of any clock that never goes back.
    """

    def __init__(
        self, processors: Sequence[Processor], tail: KeepErrors | None, fault: Fault
    ) -> None:
        self._processors = tuple(processors)
        self._tail = TailSampler(tail) if tail is not None else None
        self._fault = fault

    @property
    def holds(self) -> bool:
        """Tell whether spans are held back."""
        return self._tail is not None and len(self._tail) > 0

    def put(self, span: Span, is_local_root: bool | None, now: float) -> list[Span]:  # noqa: FBT001 - a value, passed on
        """Give the spans that may go now that `span` has ended.

        `is_local_root` says whether it is the outermost of its trace here; None: unknown.
        """
        made = processed(span, self._processors, self._fault)
        if self._tail is None or made is None:
            return [made] if made is not None else []
        return self._tail.put(made, is_local_root, now)

    def due(self, now: float) -> list[Span]:
        """Give the spans that have been held back for long enough."""
        return self._tail.due(now) if self._tail is not None else []

    def end(self) -> list[Span]:
        """Decide on all that is held back, and give what is kept."""
        return self._tail.end() if self._tail is not None else []
