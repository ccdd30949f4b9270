"""Settings as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from prela_cli.render.plain import clean

if TYPE_CHECKING:
    from prela_cli.config import Row

__all__ = ["settings_table"]


def settings_table(rows: Iterable[Row]) -> Table:
    """Show one setting a row; those that are as they come are dimmed."""
    table = Table("setting", "value", "from", "", box=None)
    for row in rows:
        table.add_row(
            # Text, because rich would read square brackets in a plain string as markup.
            Text(row.variables[0]),
            Text("-" if row.value is None else clean(row.value), overflow="fold"),
            Text(clean(row.origin)),
            Text("" if row.used else "not used yet"),
            style="dim" if row.origin == "default" else None,
        )
    return table
