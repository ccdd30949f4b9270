"""Prela in a notebook: what was asked for, as tables, frames and pictures."""

from __future__ import annotations

from prela_core.notebook.comparison import Comparison
from prela_core.notebook.connection import Connection
from prela_core.notebook.results import Groups, Hits, Results, Spans, Traces
from prela_core.notebook.tables import Table
from prela_core.notebook.trace import Trace

__all__ = [
    "Comparison",
    "Connection",
    "Groups",
    "Hits",
    "Results",
    "Spans",
    "Table",
    "Trace",
    "Traces",
]
