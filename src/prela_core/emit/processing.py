"""Running processors over a span, whatever they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from prela_core.emit.ports import Processor
from prela_core.model import Span

__all__ = ["Fault", "processed", "withheld"]

Fault = Callable[[Processor, Exception], None]
"""Is told which processor raised what."""


def processed(span: Span, processors: Iterable[Processor], fault: Fault) -> Span | None:
    """Give what `processors` make of `span`, one after the other; None once one drops it.

    One that raises, or gives something that is no span, is passed over and told to `fault`. But
    where it has `fails_closed` set, as redaction does, the span goes on without its contents.
    """
    for processor in processors:
        try:
            made = _checked(processor(span))
        except Exception as error:  # noqa: BLE001 - a processor is anybody's code
            fault(processor, error)
            made = withheld(span) if getattr(processor, "fails_closed", False) else span
        if made is None:
            return None
        span = made
    return span


def _checked(made: object) -> Span | None:
    if made is None or isinstance(made, Span):
        return made
    raise TypeError(f"a processor gives a Span or None, not {type(made).__name__}")


def withheld(span: Span) -> Span:
    """Give `span` with nothing left that its author wrote: ids, times, type and status stay."""
    return attrs.evolve(
        span,
        name="withheld",
        status_message=None,
        attributes={"prela.withheld": "its processing failed"},
        events=(),
        links=(),
    )
