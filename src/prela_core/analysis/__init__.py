"""What the spans of a trace tell together: where its time went, who called whom, what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prela_core.names_on_use import names_on_use

if TYPE_CHECKING:
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

__getattr__, __dir__ = names_on_use(
    __name__,
    {
        "AgentGraph": "prela_core.analysis.graph",
        "CriticalPath": "prela_core.analysis.critical_path",
        "Difference": "prela_core.analysis.diff",
        "GraphEdge": "prela_core.analysis.graph",
        "GraphNode": "prela_core.analysis.graph",
        "PathSegment": "prela_core.analysis.critical_path",
        "SpanDiff": "prela_core.analysis.diff",
        "SpanFacts": "prela_core.analysis.diff",
        "SpanTime": "prela_core.analysis.critical_path",
        "TraceDiff": "prela_core.analysis.diff",
        "agent_graph": "prela_core.analysis.graph",
        "critical_path": "prela_core.analysis.critical_path",
        "diff_traces": "prela_core.analysis.diff",
        "self_times": "prela_core.analysis.self_time",
    },
)
