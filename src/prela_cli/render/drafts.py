"""Drafts of the agents: as a table, and one as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from prela_agents.model import Draft, DraftState
from prela_agents.state import Reviewed
from prela_cli.render.cleaned_table import CleanedTable, pieces
from prela_cli.render.columns import Column
from prela_cli.render.facts import CleanedText, Facts
from prela_cli.render.glyphs import BAD, DIM, ERROR_TEXT, GOOD, KEY, PLAIN, WARN
from prela_cli.render.lines import Piece

__all__ = ["draft_page", "drafts_table"]

_STYLES = {
    DraftState.QUEUED: WARN,
    DraftState.APPROVED: GOOD,
    DraftState.SENT: GOOD + Style(bold=True),
    DraftState.UNKNOWN: BAD,
    DraftState.REFUSED: ERROR_TEXT,
    DraftState.REJECTED: DIM,
    DraftState.SUPERSEDED: DIM,
    DraftState.PURGED: DIM,
}
_BEGINNING = 60


def drafts_table(
    found: Sequence[Reviewed], waits: Mapping[str, str] = MappingProxyType({})
) -> RenderableType:
    """Show one draft a row; times in UTC to the minute.

    `waits` says by ids which login approved drafts wait for.
    """
    drafts = [each.draft for each in found]
    made = [f"{each.created_at:%Y-%m-%d %H:%M}" for each in drafts]
    return CleanedTable(
        (
            Column("id", pieces((each.id[:8] for each in drafts), KEY)),
            Column(
                "state", [_state(each, waits.get(each.draft.id, "")) for each in found], least=8
            ),
            Column("agent", pieces(each.agent for each in drafts), leaves=3),
            Column("platform", pieces(each.platform for each in drafts), leaves=5),
            Column("kind", pieces(each.kind for each in drafts), leaves=4),
            Column("about", pieces(each.about for each in drafts), least=24, leaves=1),
            Column("made", pieces(made), leaves=2),
            Column("begins", pieces(map(_beginning, drafts)), least=16),
        )
    )


def _state(found: Reviewed, waits: str) -> Piece:
    if waits:
        return f"{found.state}, waits for a login ({waits.partition(':')[0]})", WARN
    return found.state, _STYLES.get(found.state, PLAIN)


def _beginning(draft: Draft) -> str:
    begins = " ".join((draft.title or " ".join(draft.parts)).split())
    return begins[:_BEGINNING] + ("..." if len(begins) > _BEGINNING else "")


def draft_page(found: Reviewed, waits: str = "") -> RenderableType:
    """Show all that a reviewer needs, whole and in the very words that would leave.

    `waits` is which login it waits for.
    """
    draft = found.draft
    state = f"{found.state}, waits for a login ({waits})" if waits else str(found.state)
    facts = (
        ("draft", draft.id),
        ("state", f"{state}{f': {found.reason}' if found.reason else ''}"),
        ("by", f"{draft.agent}, {draft.created_at:%Y-%m-%d %H:%M} UTC"),
        ("to", " ".join(part for part in (draft.platform, draft.kind, draft.where) if part)),
        ("answers", draft.reply_to or ""),
        ("title", draft.title),
        ("about", draft.about),
        ("note", draft.note),
        ("rests on", "\n".join(f"{each.passage_id}: {each.text}" for each in draft.quotes)),
        ("sources", "\n".join(draft.sources)),
        ("approved", _approved(found)),
        ("hash", draft.content_hash),
    )
    count = len(draft.parts)
    posts = [
        Panel(CleanedText(part), subtitle=Text(f"{number} of {count}") if count > 1 else None)
        for number, part in enumerate(draft.parts, 1)
    ]
    return Group(Facts([(name, value) for name, value in facts if value]), *posts)


def _approved(found: Reviewed) -> str:
    if found.approval is None:
        return ""
    return f"by {found.approval.by}, {found.approval.at:%Y-%m-%d %H:%M} UTC"
