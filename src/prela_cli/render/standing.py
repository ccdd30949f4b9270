"""How the agents stand, as a page."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from prela_agents.model import RunState
from prela_agents.reports import tally
from prela_agents.run.standing import AgentStanding, Standing

__all__ = ["standing_page"]

_STYLES = {RunState.COMPLETE: "green", RunState.PARTIAL: "yellow", RunState.FAILED: "red"}


def standing_page(found: Standing) -> RenderableType:
    """Show the agents in a table, and the rest below; times in UTC to the minute."""
    table = Table("agent", "last run", "ended", "what came of it", "waits", "now", box=None)
    for each in found.agents:
        table.add_row(*_row(each))
    facts = Table.grid(padding=(0, 2))
    for name, value in (
        ("drafts", _counted(found.drafts)),
        ("outbox", _counted(found.posts)),
        ("issues", f"{found.filed_issues} filed, {found.planned_issues} planned"),
        ("this month", _dollars(found)),
        ("model", found.model),
        ("kept in", found.directory),
    ):
        facts.add_row(Text(name, style="dim"), Text(value))
    for sentence in found.missing:
        facts.add_row(Text("not read", style="dim"), Text(sentence))
    return Group(table, Text(), facts)


def _row(each: AgentStanding) -> list[Text]:
    run = each.last
    if run is None:
        return [Text(each.name), Text("never"), *[Text() for _ in range(4)]]
    counts = run.outcome.counts if run.outcome is not None else {}
    state = Text(run.state or "broke off", style=_STYLES.get(run.state, "red") if run.state else "")
    if run.state is None and each.held_by is not None:
        state = Text("goes on")
    return [
        Text(each.name),
        Text(f"{run.started_at:%Y-%m-%d %H:%M}{' live' if run.live else ''}"),
        state,
        Text(_counted(counts)),
        Text(tally({"items": each.pending}) if each.pending else ""),
        Text(each.held_by or ""),
    ]


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
