"""`prela agents outbox`: what is on its way out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from prela_cli.agents.options import opened_state, settings_options
from prela_cli.agents.waiting import waiting
from prela_cli.output import show, show_fault, show_json, show_line

if TYPE_CHECKING:
    from prela_agents.outbox import Sendings
    from prela_agents.run.settings import Settings
    from prela_agents.state import Entry, IssueLink

__all__ = ["outbox"]

_PARTIAL = 4


@click.command(short_help="Show what is on its way out; send; reconcile.")
@click.option("--live", is_flag=True, help="Send what is approved, of all agents.")
@click.option("--reconcile", is_flag=True, help="Find out what became of what is unknown.")
@click.option(
    "--sent",
    nargs=2,
    metavar="KEY URL",
    help="Say of an unknown post, of a platform that can't be read, that it is at URL.",
)
@click.option("--not-sent", metavar="KEY", help="Say of such a post that it is nowhere.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@settings_options
def outbox(
    *,
    settings: Settings,
    live: bool,
    reconcile: bool,
    sent: tuple[str, str] | None,
    not_sent: str | None,
    as_json: bool,
) -> None:
    """Show what is on its way out, and issues that a dry run planned.

    A post is approved, sending, sent, unknown or refused. Unknown means that it may be out there:
    it is looked for on the platform, and sent again only when it is not there.

    \b
    Example:
      prela agents outbox
      prela agents outbox --reconcile
      prela agents outbox --live
    """
    if sent is not None or not_sent is not None:
        _say(settings, sent, not_sent)
    done = _act(settings, live=live) if live or reconcile else None
    from prela_agents.http import SystemClock
    from prela_agents.state import IssueLinks, Outgoing

    with opened_state(settings) as db:
        entries = Outgoing(db, SystemClock()).list()
        planned = IssueLinks(db, SystemClock()).planned()
    if as_json:
        show_json(
            {
                "posts": [_document(each) for each in entries],
                "planned_issues": [_planned(each) for each in planned],
            }
        )
    elif not entries and not planned:
        show_line("Nothing is on its way out.")
    else:
        from prela_cli.render.outbox import outbox_table, planned_table

        if entries:
            show(outbox_table(entries))
        if planned:
            show(planned_table(planned))
    if done is not None and done.failures:
        for why in done.failures:
            show_fault(why)
        sys.exit(_PARTIAL if done.sent else 1)


def _say(settings: Settings, sent: tuple[str, str] | None, not_sent: str | None) -> None:
    from prela_agents.http import SystemClock
    from prela_agents.run.sending import say

    if sent is not None:
        say(settings, SystemClock(), sent[0], url=sent[1])
    if not_sent is not None:
        say(settings, SystemClock(), not_sent, url=None)


def _act(settings: Settings, *, live: bool) -> Sendings:
    import anyio

    from prela_agents.http import SystemClock
    from prela_agents.run.sending import look, send_all

    async def act() -> Sendings:
        return await (send_all if live else look)(settings, SystemClock())

    with waiting("sending" if live else "looking"):
        return anyio.run(act)


def _document(entry: Entry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "draft": entry.draft.id,
        "part": entry.part,
        "platform": entry.draft.platform,
        "state": entry.state,
        "attempts": entry.attempts,
        "attempted_at": entry.attempted_at,
        "url": entry.receipt.url if entry.receipt is not None else None,
        "reason": entry.reason,
    }


def _planned(link: IssueLink) -> dict[str, Any]:
    return {
        "item": link.item_key,
        "title": link.title,
        "new": link.new is not None,
        "issue_id": link.issue_id,
    }
