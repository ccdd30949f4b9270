"""Receipts of deletions: as a sentence, and as a table."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Column, Table
from rich.text import Text

from prela_core.store import Deletion

__all__ = ["counted", "deletions_table"]


def counted(deletion: Deletion) -> str:
    """Say how much it is about, as in `2 traces with 7 spans (9 rows)`."""
    rows = sum(deletion.rows.values())
    return (
        f"{_many(deletion.traces, 'trace')} with {_many(deletion.spans, 'span')}"
        f" ({_many(rows, 'row')})"
    )


def deletions_table(deletions: Iterable[Deletion]) -> Table:
    """Show one receipt a row; times in UTC to the minute."""
    # An id is for copying, so it is shown whole however narrow the terminal.
    ids = Column("deletion", no_wrap=True, min_width=24)
    table = Table(ids, "state", "asked", "traces", "spans", "what", box=None)
    for each in deletions:
        table.add_row(
            # Text, because rich would read square brackets in a plain string as markup.
            *map(
                Text,
                (
                    each.deletion_id,
                    each.state.value,
                    f"{each.asked_at:%Y-%m-%d %H:%M}",
                    f"{each.traces:,}",
                    f"{each.spans:,}",
                    bytes(each.selection).decode(),
                ),
            )
        )
    return table


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
