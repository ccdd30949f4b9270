"""Reports as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from prela_agents.model import Report

__all__ = ["reports_table"]


def reports_table(reports: Sequence[Report]) -> Table:
    """Show one report a row; days in UTC, the last one not included."""
    table = Table("id", "agent", "from", "until", "title", "sentences", box=None)
    for each in reports:
        said = sum(len(section.sentences) for section in each.sections)
        table.add_row(
            *map(
                Text,
                (
                    each.id,
                    each.agent,
                    f"{each.since:%Y-%m-%d}",
                    f"{each.until:%Y-%m-%d}",
                    each.title,
                    str(said),
                ),
            )
        )
    return table
