"""The outbox as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from prela_agents.state import Entry, EntryState, IssueLink

__all__ = ["outbox_table", "planned_table"]

_STYLES = {
    EntryState.APPROVED: "green",
    EntryState.SENT: "bold green",
    EntryState.UNKNOWN: "bold red",
    EntryState.REFUSED: "red",
}


def outbox_table(entries: Sequence[Entry]) -> Table:
    """Show one post a row; times in UTC to the minute."""
    table = Table("draft", "part", "platform", "state", "tried", "where", "why", box=None)
    for each in entries:
        at = f" {each.attempted_at:%Y-%m-%d %H:%M}" if each.attempted_at is not None else ""
        table.add_row(
            Text(each.draft.id[:8]),
            Text(f"{each.part + 1} of {len(each.draft.parts)}"),
            Text(each.draft.platform),
            Text(each.state, style=_STYLES.get(each.state, "")),
            Text(f"{each.attempts}x{at}" if each.attempts else ""),
            Text(each.receipt.url if each.receipt is not None else ""),
            Text(each.reason),
        )
    return table


def planned_table(planned: Sequence[IssueLink]) -> Table:
    """Show one planned issue a row."""
    table = Table("planned issue", "out of", "how", box=None)
    for each in planned:
        how = "a new issue" if each.new is not None else f"attached to {each.issue_id[:8]}"
        table.add_row(*map(Text, (each.title, each.item_key, how)))
    return table
