"""Spans that nobody wants to see, told by the instrumentation scope that made them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import translate

from prela_core.model import SpanRecord

__all__ = ["ScopeFilter", "adopt"]


class ScopeFilter:
    """Says whether spans of a scope are to be dropped.

    `patterns` are names of scopes as globs, such as `opentelemetry.instrumentation.*`. Letter
    case counts, and the whole name must match.
    """

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._matches = (
            re.compile("|".join(translate(each) for each in patterns)).match if patterns else None
        )

    def drops(self, scope_name: str) -> bool:
        """Say whether spans of the scope of this name are to be dropped."""
        return self._matches is not None and self._matches(scope_name) is not None


def adopt(spans: Iterable[SpanRecord], dropped: dict[tuple[str, str], str]) -> None:
    """Give the children of dropped spans to the nearest ancestor that is kept.

    `dropped` has the parent of each dropped span, "" for a root, by its trace and its own id. A
    span whose ancestors were all dropped becomes a root.
    """
    for span in spans:
        parent = span.parent_span_id
        passed = set()
        while parent and (span.trace_id, parent) in dropped:
            if parent in passed:  # a cycle among the dropped has no ancestor that is kept
                parent = ""
                break
            passed.add(parent)
            parent = dropped[span.trace_id, parent]
        span.parent_span_id = parent
