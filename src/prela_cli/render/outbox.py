"""The outbox as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.style import Style

from prela_agents.state import Entry, EntryState, IssueLink
from prela_cli.render.cleaned_table import CleanedTable, pieces
from prela_cli.render.columns import Column
from prela_cli.render.glyphs import BAD, ERROR_TEXT, GOOD, KEY, PLAIN

__all__ = ["outbox_table", "planned_table"]

_STYLES = {
    EntryState.APPROVED: GOOD,
    EntryState.SENT: GOOD + Style(bold=True),
    EntryState.UNKNOWN: BAD,
    EntryState.REFUSED: ERROR_TEXT,
}


def outbox_table(entries: Sequence[Entry]) -> RenderableType:
    """Show one post a row; times in UTC to the minute."""
    parts = [f"{each.part + 1} of {len(each.draft.parts)}" for each in entries]
    urls = (each.receipt.url if each.receipt is not None else "" for each in entries)
    return CleanedTable(
        (
            Column("draft", pieces((each.draft.id[:8] for each in entries), KEY)),
            Column("part", pieces(parts)),
            Column("platform", pieces(each.draft.platform for each in entries), leaves=4),
            Column("state", [(each.state, _STYLES.get(each.state, PLAIN)) for each in entries]),
            Column("tried", pieces(map(_tried, entries)), leaves=1),
            # `--sent` and `--not-sent` ask for it.
            Column("key", pieces(each.key for each in entries), leaves=2),
            Column("where", pieces(urls), least=16, leaves=3),
            Column("why", pieces(each.reason for each in entries), least=16, leaves=3),
        )
    )


def planned_table(planned: Sequence[IssueLink]) -> RenderableType:
    """Show one planned issue a row."""
    return CleanedTable(
        (
            Column("planned issue", pieces(each.title for each in planned), least=24),
            Column("out of", pieces(each.item_key for each in planned), least=12, leaves=1),
            Column("how", pieces(map(_how, planned)), least=24, leaves=2),
        )
    )


def _how(link: IssueLink) -> str:
    if link.new is None:
        return f"attached to {link.issue_id[:8]}"
    names = [f"{each.number or 'one that is planned'}: {each.title}" for each in link.new.perhaps]
    return "; ".join(["a new issue", *(f"perhaps the same as {each}" for each in names)])


def _tried(entry: Entry) -> str:
    if not entry.attempts:
        return ""
    at = f" {entry.attempted_at:%Y-%m-%d %H:%M}" if entry.attempted_at is not None else ""
    return f"{entry.attempts}x{at}"
