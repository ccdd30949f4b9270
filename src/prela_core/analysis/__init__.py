"""What the spans of a trace tell together: where its time went, who called whom, what changed."""

from __future__ import annotations

from prela_core.analysis.critical_path import CriticalPath, PathSegment, SpanTime, critical_path
from prela_core.analysis.diff import Difference, SpanDiff, SpanFacts, TraceDiff, diff_traces
from prela_core.analysis.graph import AgentGraph, GraphEdge, GraphNode, agent_graph
from prela_core.analysis.self_time import self_times

__all__ = [
    "AgentGraph",
    "CriticalPath",
    "Difference",
    "GraphEdge",
    "GraphNode",
    "PathSegment",
    "SpanDiff",
    "SpanFacts",
    "SpanTime",
    "TraceDiff",
    "agent_graph",
    "critical_path",
    "diff_traces",
    "self_times",
]
