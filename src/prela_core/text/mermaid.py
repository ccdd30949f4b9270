"""An agent graph as a flowchart of Mermaid, which Markdown viewers draw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prela_core.text.plain import clean

if TYPE_CHECKING:
    from prela_core.analysis import AgentGraph

__all__ = ["mermaid"]

_SHAPES = {"agent": ("([", "])"), "llm": ("{{", "}}"), "tool": ("[/", "/]")}
"""How kinds of party are drawn; any other is a box."""


def mermaid(graph: AgentGraph) -> Iterator[str]:
    """Yield the lines of a flowchart, with how often each call was made."""
    yield "flowchart TD"
    numbers = {node.id: f"n{at}" for at, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        left, right = _SHAPES.get(node.span_type, ("[", "]"))
        label = node.name if node.span_type == "agent" else f"{node.span_type}: {node.name}"
        yield f'  {numbers[node.id]}{left}"{_quoted(label)}"{right}'
    for edge in graph.edges:
        if edge.source is not None:
            failed = f", {edge.errors} failed" if edge.errors else ""
            yield f'  {numbers[edge.source]} -->|"{edge.calls}{failed}"| {numbers[edge.target]}'


def _quoted(text: str) -> str:
    """Write every mark that Mermaid or HTML could read as a code of its own."""
    return "".join(
        one if one.isalnum() or one in " .:_-/" else f"#{ord(one)};" for one in clean(text)
    )
