"""Prela: see what your AI agents did.

Names are imported when they are first used, so that `import prela_core` stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    from prela_core.errors import PrelaError
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
    "context",
    "current_span",
    "extract",
    "get_tracer",
    "in_context",
    "inject",
    "score",
    "set_tracer",
    "span",
    "trace",
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
    "context": "prela_core.emit",
    "current_span": "prela_core.emit",
    "extract": "prela_core.emit",
    "get_tracer": "prela_core.emit",
    "in_context": "prela_core.emit",
    "inject": "prela_core.emit",
    "score": "prela_core.emit",
    "set_tracer": "prela_core.emit",
    "span": "prela_core.emit",
    "trace": "prela_core.emit",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - paid for on first use only

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
