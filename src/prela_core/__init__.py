"""Prela: see what your AI agents did.

Names are imported when they are first used, so that `import prela_core` stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prela_core.names_on_use import names_on_use

if TYPE_CHECKING:
    from prela_core.emit import (
        Tracer,
        context,
        current_span,
        extract,
        get_tracer,
        in_context,
        inject,
        score,
        set_tracer,
        span,
        trace,
    )
    from prela_core.emit.redaction import redact
    from prela_core.emit.tail import keep_errors
    from prela_core.emit.trimming import drop, keep, truncate
    from prela_core.errors import PrelaError
    from prela_core.instrumentation import instrument, instrumentors
    from prela_core.io.opening import connect
    from prela_core.io.setup import flush, init, shutdown
    from prela_core.model import Span, SpanEvent, SpanLink, SpanType, Status

__all__ = [
    "PrelaError",
    "Span",
    "SpanEvent",
    "SpanLink",
    "SpanType",
    "Status",
    "Tracer",
    "__version__",
    "connect",
    "context",
    "current_span",
    "drop",
    "extract",
    "flush",
    "get_tracer",
    "in_context",
    "init",
    "inject",
    "instrument",
    "instrumentors",
    "keep",
    "keep_errors",
    "redact",
    "score",
    "set_tracer",
    "shutdown",
    "span",
    "trace",
    "truncate",
]

__version__ = "0.2.0"

_HOMES = {
    "PrelaError": "prela_core.errors",
    "Span": "prela_core.model",
    "SpanEvent": "prela_core.model",
    "SpanLink": "prela_core.model",
    "SpanType": "prela_core.model",
    "Status": "prela_core.model",
    "Tracer": "prela_core.emit",
    "connect": "prela_core.io.opening",
    "context": "prela_core.emit",
    "current_span": "prela_core.emit",
    "drop": "prela_core.emit.trimming",
    "extract": "prela_core.emit",
    "flush": "prela_core.io.setup",
    "get_tracer": "prela_core.emit",
    "in_context": "prela_core.emit",
    "init": "prela_core.io.setup",
    "inject": "prela_core.emit",
    "instrument": "prela_core.instrumentation",
    "instrumentors": "prela_core.instrumentation",
    "keep": "prela_core.emit.trimming",
    "keep_errors": "prela_core.emit.tail",
    "redact": "prela_core.emit.redaction",
    "score": "prela_core.emit",
    "set_tracer": "prela_core.emit",
    "shutdown": "prela_core.io.setup",
    "span": "prela_core.emit",
    "trace": "prela_core.emit",
    "truncate": "prela_core.emit.trimming",
}


__getattr__, _ = names_on_use(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
