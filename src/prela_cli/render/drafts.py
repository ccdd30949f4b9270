"""Drafts of the agents: as a table, and one as a page."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from prela_agents.model import DraftState
from prela_agents.state import Reviewed

__all__ = ["draft_page", "drafts_table"]

_STYLES = {
    DraftState.QUEUED: "yellow",
    DraftState.APPROVED: "green",
    DraftState.SENT: "bold green",
    DraftState.UNKNOWN: "bold red",
    DraftState.REFUSED: "red",
    DraftState.REJECTED: "dim",
    DraftState.SUPERSEDED: "dim",
    DraftState.PURGED: "dim",
}
_BEGINNING = 60


def drafts_table(found: Sequence[Reviewed]) -> Table:
    """Show one draft a row; times in UTC to the minute."""
    table = Table("id", "state", "agent", "platform", "kind", "about", "made", "begins", box=None)
    for each in found:
        draft = each.draft
        begins = " ".join((draft.title or " ".join(draft.parts)).split())
        table.add_row(
            Text(draft.id[:8]),
            Text(each.state, style=_STYLES.get(each.state, "")),
            # Text, because rich would read square brackets in a plain string as markup.
            *map(Text, (draft.agent, draft.platform, draft.kind, draft.about)),
            Text(f"{draft.created_at:%Y-%m-%d %H:%M}"),
            Text(begins[:_BEGINNING] + ("..." if len(begins) > _BEGINNING else "")),
        )
    return table


def draft_page(found: Reviewed) -> RenderableType:
    """Show all that a reviewer needs."""
    draft = found.draft
    facts = Table.grid(padding=(0, 2))
    for name, value in (
        ("draft", draft.id),
        ("state", f"{found.state}{f': {found.reason}' if found.reason else ''}"),
        ("by", f"{draft.agent}, {draft.created_at:%Y-%m-%d %H:%M} UTC"),
        ("to", " ".join(part for part in (draft.platform, draft.kind, draft.where) if part)),
        ("answers", draft.reply_to or ""),
        ("about", draft.about),
        ("note", draft.note),
        ("rests on", "\n".join(f"{each.passage_id}: {each.text}" for each in draft.quotes)),
        ("sources", "\n".join(draft.sources)),
        ("approved", _approved(found)),
        ("hash", draft.content_hash),
    ):
        if value:
            facts.add_row(Text(name, style="dim"), Text(value))
    count = len(draft.parts)
    posts = [
        Panel(
            Text(part),
            title=Text(draft.title) if draft.title and number == 1 else None,
            subtitle=Text(f"{number} of {count}") if count > 1 else None,
        )
        for number, part in enumerate(draft.parts, 1)
    ]
    return Group(facts, *posts)


def _approved(found: Reviewed) -> str:
    if found.approval is None:
        return ""
    return f"by {found.approval.by}, {found.approval.at:%Y-%m-%d %H:%M} UTC"
