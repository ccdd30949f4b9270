from prela_core.compiled.otlp_spans import Spans, split
from prela_core.model import SpanRecord
from prela_core.wire.limits import Limits
from prela_core.wire.otlp_origin import Origin

__all__ = ["Made", "records", "split"]

class Made:
    @property
    def records(self) -> list[SpanRecord | None]: ...
    @property
    def events(self) -> list[int]: ...
    @property
    def left(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def all_events(self) -> int: ...

def records(
    spans: Spans,
    origin: Origin,
    received_at: int,
    limits: Limits,
    most_size: int,
    most_events: int,
) -> Made | None: ...
