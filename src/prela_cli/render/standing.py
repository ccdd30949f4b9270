"""How the agents stand, as a page."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.text import Text

from prela_agents.model import RunState
from prela_agents.reports import tally
from prela_agents.run.standing import AgentStanding, Standing
from prela_cli.render.cleaned_table import CleanedTable, pieces
from prela_cli.render.columns import Column
from prela_cli.render.facts import Facts
from prela_cli.render.glyphs import ERROR_TEXT, GOOD, PLAIN, WARN
from prela_cli.render.lines import Piece

__all__ = ["standing_page"]

_STYLES = {RunState.COMPLETE: GOOD, RunState.PARTIAL: WARN, RunState.FAILED: ERROR_TEXT}


def standing_page(found: Standing) -> RenderableType:
    """Show the agents in a table, and the rest below; times in UTC to the minute."""
    agents = found.agents
    table = CleanedTable(
        (
            Column("agent", pieces(each.name for each in agents)),
            Column("last run", pieces(map(_began, agents)), leaves=3),
            Column("ended", list(map(_ended, agents))),
            Column("what came of it", pieces(map(_came, agents)), least=16),
            Column("waits", pieces(map(_waits, agents)), leaves=2),
            Column("now", pieces(each.held_by or "" for each in agents), leaves=1),
        )
    )
    facts = [
        ("drafts", _counted(found.drafts)),
        *(
            ("", f"{count} approved, waits for a login ({each})")
            for each, count in found.waiting.items()
        ),
        ("outbox", _counted(found.posts)),
        ("issues", f"{found.filed_issues} filed, {found.planned_issues} planned"),
        ("this month", _dollars(found)),
        ("model", found.model),
        ("kept in", found.directory),
        *(("not read", sentence) for sentence in found.missing),
        *(("no posts", sentence) for sentence in found.missing_to_publish),
    ]
    return Group(table, Text(), Facts(facts))


def _began(each: AgentStanding) -> str:
    run = each.last
    return f"{run.started_at:%Y-%m-%d %H:%M}{' live' if run.live else ''}" if run else "never"


def _ended(each: AgentStanding) -> Piece:
    if each.last is None:
        return "", PLAIN
    if each.last.state is not None:
        return each.last.state, _STYLES[each.last.state]
    return ("goes on", PLAIN) if each.held_by is not None else ("broke off", ERROR_TEXT)


def _came(each: AgentStanding) -> str:
    if each.last is None:
        return ""
    return _counted(each.last.outcome.counts if each.last.outcome is not None else {})


def _waits(each: AgentStanding) -> str:
    return tally({"items": each.pending}) if each.pending else ""


def _counted(counts: Mapping[str, int]) -> str:
    return tally(counts) or "none"


def _dollars(found: Standing) -> str:
    names = sorted({*found.spent, *found.budgets})
    return (
        ", ".join(
            f"{name} ${found.spent.get(name, 0.0):.2f}"
            + (f" of ${found.budgets[name]:.2f}" if name in found.budgets else "")
            for name in names
        )
        or "$0.00"
    )
