"""Reports as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType

from prela_agents.model import Report
from prela_cli.render.cleaned_table import CleanedTable, pieces
from prela_cli.render.columns import Column
from prela_cli.render.glyphs import KEY

__all__ = ["reports_table"]


def reports_table(reports: Sequence[Report]) -> RenderableType:
    """Show one report a row; days in UTC, the last one not included."""
    said = [sum(len(section.sentences) for section in each.sections) for each in reports]
    return CleanedTable(
        (
            Column("id", pieces((each.id for each in reports), KEY)),
            Column("agent", pieces(each.agent for each in reports), leaves=1),
            Column("from", pieces(f"{each.since:%Y-%m-%d}" for each in reports), leaves=3),
            Column("until", pieces(f"{each.until:%Y-%m-%d}" for each in reports), leaves=4),
            Column("title", pieces(each.title for each in reports), least=16),
            Column("sentences", pieces(map(str, said)), right=True, leaves=2),
        )
    )
