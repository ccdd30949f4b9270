"""Who took part in a trace, and who called whom, as two tables."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from prela_cli.render.columns import Column, table_lines
from prela_cli.render.glyphs import BAD, DIM, KEY, PLAIN, Glyphs, glyphs_for, type_style
from prela_cli.render.lines import one_line
from prela_cli.render.plain import clean
from prela_core.analysis import AgentGraph, GraphEdge, GraphNode
from prela_core.text import figures

__all__ = ["GraphTables"]


@attrs.frozen
class GraphTables:
    """A renderable: a line for each agent, model or tool, then one for each who called whom."""

    graph: AgentGraph

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield both tables."""
        glyphs = glyphs_for(options)
        nodes = _nodes(self.graph.nodes, options.encoding)
        edges = _edges(self.graph.edges, glyphs, options.encoding)
        for at, columns in enumerate((nodes, edges)):
            if at:
                yield Segment.line()
            for pieces in table_lines(columns, options.max_width, glyphs.ellipsis):
                yield from one_line(pieces, options.max_width, glyphs.ellipsis)


def _nodes(nodes: Sequence[GraphNode], encoding: str) -> list[Column]:
    used = [node.input_tokens + node.output_tokens for node in nodes]
    columns = [
        Column("type", [(node.span_type, type_style(node.span_type)) for node in nodes]),
        Column("name", [(clean(node.name, encoding), PLAIN) for node in nodes], least=12),
        *_sums(nodes, encoding),
        Column("tokens", [(_some(count), PLAIN) for count in used], right=True, leaves=2),
        Column(
            "cost",
            [(figures.dollars(node.cost_usd) if node.cost_usd else "", PLAIN) for node in nodes],
            right=True,
            leaves=3,
        ),
    ]
    return _filled(columns)


def _edges(edges: Sequence[GraphEdge], glyphs: Glyphs, encoding: str) -> list[Column]:
    callers = [clean(edge.source, encoding) if edge.source else "" for edge in edges]
    columns = [
        Column("caller", [(text or "(start)", KEY if text else DIM) for text in callers], least=12),
        Column("", [(glyphs.arrow, DIM)] * len(edges)),
        Column("called", [(clean(edge.target, encoding), KEY) for edge in edges], least=12),
        *_sums(edges, encoding),
    ]
    return _filled(columns)


def _sums(rows: Sequence[GraphNode] | Sequence[GraphEdge], encoding: str) -> list[Column]:
    times = [clean(figures.duration(row.duration_ms), encoding) for row in rows]
    return [
        Column("calls", [(figures.count(row.calls), PLAIN) for row in rows], right=True),
        Column("failed", [(_some(row.errors), BAD) for row in rows], right=True),
        Column("time", [(text, PLAIN) for text in times], right=True, leaves=1),
    ]


def _filled(columns: Sequence[Column]) -> list[Column]:
    return [one for one in columns if not one.heading or any(text for text, _ in one.cells)]


def _some(number: int) -> str:
    return figures.tokens(number) if number else ""
