"""What the spans of a trace tell together: where its time went."""

from __future__ import annotations

from prela_core.analysis.critical_path import CriticalPath, PathSegment, SpanTime, critical_path
from prela_core.analysis.self_time import self_times

__all__ = ["CriticalPath", "PathSegment", "SpanTime", "critical_path", "self_times"]
