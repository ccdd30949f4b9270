from __future__ import annotations

import time
from collections.abc import Iterator

import attrs
import pytest

from prela_core.emit import Finished, Sampler, Tracer, set_neighbour, set_tracer
from prela_core.model import Span


@attrs.define
class Kept:
    """A sink that keeps what ended, in order."""

    finished: list[Finished] = attrs.field(factory=list)

    def put(self, finished: Finished, /) -> None:
        self.finished.append(finished)

    def flush(self, timeout: float) -> bool:
        return True

    def close(self, timeout: float) -> bool:
        return True

    @property
    def spans(self) -> list[Span]:
        return [each.to_span() for each in self.finished]

    def one(self, name: str) -> Span:
        [span] = [span for span in self.spans if span.name == name]
        return span

    def tree(self) -> dict[str, str | None]:
        """Each span's name with its parent's name; a parent that never ended is `?`."""
        names = {span.span_id: span.name for span in self.spans}
        return {
            span.name: names.get(span.parent_span_id, "?") if span.parent_span_id else None
            for span in self.spans
        }


def a_tracer(sink: Kept, sampler: Sampler | None = None, name: str = "shop") -> Tracer:
    return Tracer(
        name, sink, now_ns=time.time_ns, monotonic_ns=time.perf_counter_ns, sampler=sampler
    )


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def tracer(kept: Kept) -> Iterator[Tracer]:
    """The tracer that the program shares."""
    tracer = a_tracer(kept)
    set_tracer(tracer)
    yield tracer
    set_tracer(None)
    set_neighbour(None)
