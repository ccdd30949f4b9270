"""`prela agents outbox`: what is on its way out."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from prela_cli.agents.options import opened_state, settings_options
from prela_cli.agents.waiting import waiting
from prela_cli.output import show, show_fault, show_json, show_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from prela_agents.outbox import Sendings
    from prela_agents.run.settings import Settings
    from prela_agents.state import Entry, IssueLink

__all__ = ["outbox"]

_PARTIAL = 4
_LATELY = timedelta(days=7)
"""What was sent before that is no news to people."""


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
@click.option("--all", "everything", is_flag=True, help="Show what was sent over a week ago, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, of all posts.")
@settings_options
def outbox(
    *,
    settings: Settings,
    live: bool,
    reconcile: bool,
    sent: tuple[str, str] | None,
    not_sent: str | None,
    everything: bool,
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
    if sent is not None and not sent[1].startswith(("https://", "http://")):
        raise click.UsageError(f"--sent takes a key and the address of the post, not {sent[1]!r}")
    if sent is not None or not_sent is not None:
        _say(settings, sent, not_sent)
    done = _act(settings, live=live) if live or reconcile else None
    from prela_agents.http import SystemClock
    from prela_agents.state import IssueLinks, Outgoing

    clock = SystemClock()
    with opened_state(settings) as db:
        entries = Outgoing(db, clock).list()
        planned = IssueLinks(db, clock).planned()
    if as_json:
        show_json(
            {
                "posts": [_document(each) for each in entries],
                "planned_issues": [_planned(each) for each in planned],
            }
        )
    else:
        since = None if everything else clock.now() - _LATELY
        _show(entries, planned, since)
    if done is not None and (failures := [*done.failures, *done.waiting]):
        for why in failures:
            show_fault(why)
        sys.exit(_PARTIAL if done.sent else 1)


def _show(entries: Sequence[Entry], planned: Sequence[IssueLink], since: datetime | None) -> None:
    from prela_cli.render.outbox import outbox_table, planned_table

    shown = [each for each in entries if since is None or not _was_sent_before(each, since)]
    if not shown and not planned:
        show_line("Nothing is on its way out.")
    if shown:
        show(outbox_table(shown))
    if planned:
        show(planned_table(planned))
    if left_out := len(entries) - len(shown):
        show_line(f"Sent over a week ago, and shown by --all: {left_out:,}")


def _was_sent_before(entry: Entry, moment: datetime) -> bool:
    at = entry.attempted_at
    return entry.state == "sent" and at is not None and at < moment


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
        "perhaps_the_same_as": [
            {"id": each.id, "number": each.number or None, "title": each.title, "url": each.url}
            for each in (link.new.perhaps if link.new is not None else ())
        ],
    }
