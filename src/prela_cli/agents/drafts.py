"""`prela agents drafts`: what the agents would like to say, and what people decide."""

from __future__ import annotations

import getpass
import os
import sys
from typing import TYPE_CHECKING, Any

import attrs
import click

from prela_cli.agents.completing import complete_drafts
from prela_cli.agents.options import opened_state, settings_options
from prela_cli.agents.run import NAMES
from prela_cli.output import show, show_json, show_line
from prela_core.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from prela_agents.model import Draft
    from prela_agents.run.settings import Settings
    from prela_agents.state import Drafts, Reviewed

__all__ = ["drafts"]

_STATES = (
    "queued",
    "approved",
    "rejected",
    "sending",
    "sent",
    "unknown",
    "refused",
    "superseded",
    "purged",
)  # those of model.DraftState, without importing it for --help
_PLATFORMS = ("reddit", "hackernews", "x", "discord", "web")
_BETWEEN = "\n---\n"


@click.group()
def drafts() -> None:
    """List, show, edit, approve and reject drafts.

    An approval is of the very words that you read: when they change, it is void. What is approved
    is sent by the next live run, once.

    \b
    Example:
      prela agents drafts list
      prela agents drafts approve 3f2a91c0
    """


@drafts.command("list")
@click.option("--state", type=click.Choice(_STATES), help="Only drafts in this state.")
@click.option("--agent", type=click.Choice(NAMES), help="Only drafts of this agent.")
@click.option("--platform", type=click.Choice(_PLATFORMS), help="Only drafts for this platform.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, a list.")
@settings_options
def list_drafts(
    *,
    settings: Settings,
    state: str | None,
    agent: str | None,
    platform: str | None,
    as_json: bool,
) -> None:
    """List drafts, the newest first.

    \b
    Example:
      prela agents drafts list --state queued
    """
    from prela_agents.model import DraftState, Platform

    with _drafts(settings) as kept:
        found = kept.list(
            state=DraftState(state) if state else None,
            agent=agent,
            platform=Platform(platform) if platform else None,
        )
    if as_json:
        show_json([_document(each, settings) for each in found])
    elif not found:
        show_line("No drafts.")
    else:
        from prela_cli.render.drafts import drafts_table

        show(drafts_table(found, {each.draft.id: _waits(each, settings) for each in found}))


@drafts.command("show")
@click.argument("draft_id", shell_complete=complete_drafts)
@click.option("--json", "as_json", is_flag=True, help="Print the draft as one JSON document.")
@settings_options
def show_draft(*, settings: Settings, draft_id: str, as_json: bool) -> None:
    """Show a draft: its words, where they would go, and what they rest on.

    DRAFT_ID is an id, or the start of one.

    \b
    Example:
      prela agents drafts show 3f2a91c0
    """
    with _drafts(settings) as kept:
        found = _found(kept, draft_id)
    show_json(_document(found, settings)) if as_json else _show(found, settings)


@drafts.command()
@click.argument("draft_id", shell_complete=complete_drafts)
@click.option("--text", "texts", multiple=True, help="The words; repeat for a thread's posts.")
@click.option("--title", help="The title.")
@settings_options
def edit(*, settings: Settings, draft_id: str, texts: tuple[str, ...], title: str | None) -> None:
    """Change the words of a draft; in your editor, when none are given.

    In the editor, a line of three dashes is between the posts of a thread. An approval of the words
    before is void.

    \b
    Example:
      prela agents drafts edit 3f2a91c0
      prela agents drafts edit 3f2a91c0 --text "Call flush() before you exit."
    """
    with _drafts(settings) as kept:
        found = _found(kept, draft_id)
        parts: tuple[str, ...] | None = texts or None
        if parts is None and title is None:
            parts = _edited(found.draft)
            if parts is None:
                show_line("Nothing was changed.")
                return
        if parts is not None and not all(each.strip() for each in parts):
            raise click.UsageError("a draft can't be without words; `reject` keeps it from leaving")
        changed = kept.edit(found.draft.id, parts=parts, title=title)
    void = " Its approval is void." if found.approval and not changed.approval else ""
    show_line(f"Draft {changed.draft.id[:8]} is {changed.state}.{void}")


@drafts.command()
@click.argument("draft_id", shell_complete=complete_drafts)
@click.option("--hash", "content_hash", help="The content's hash, as `drafts show` prints it.")
@click.option("--yes", is_flag=True, help="Approve what the draft says now, without asking.")
@click.option("--by", help="Who approves.  [default: the user's name]")
@settings_options
def approve(
    *, settings: Settings, draft_id: str, content_hash: str | None, yes: bool, by: str | None
) -> None:
    """Let a draft leave, exactly as it is, with the next live run.

    On a terminal it is shown, and you are asked. A script says by --hash which words it means, or
    --yes.

    \b
    Example:
      prela agents drafts approve 3f2a91c0
      prela agents drafts approve 3f2a91c0 --yes --by grace
    """
    with _drafts(settings) as kept:
        found = _found(kept, draft_id)
        if content_hash is None:
            _ask(found, settings, yes=yes)
        approved = kept.approve(
            found.draft.id, content_hash or found.draft.content_hash, by or _user()
        )
    then = "It stays here." if _stays(approved) else "The next live run sends it."
    if waits := _waits(approved, settings):
        then = f"It waits for a login ({waits}); the first live run that has it sends it."
    show_line(f"Draft {approved.draft.id[:8]} is {approved.state}. {then}")


@drafts.command()
@click.argument("draft_id", shell_complete=complete_drafts)
@click.option("--reason", default="", help="Why, for who reads it later.")
@settings_options
def reject(*, settings: Settings, draft_id: str, reason: str) -> None:
    """Keep a draft from leaving. It can be approved later all the same.

    \b
    Example:
      prela agents drafts reject 3f2a91c0 --reason "answered by hand"
    """
    with _drafts(settings) as kept:
        found = _found(kept, draft_id)
        rejected = kept.reject(found.draft.id, reason)
    show_line(f"Draft {rejected.draft.id[:8]} is {rejected.state}.")


def _drafts(settings: Settings) -> AbstractContextManager[Drafts]:
    from contextlib import contextmanager

    from prela_agents.http import SystemClock
    from prela_agents.outbox import POLICIES
    from prela_agents.state import Drafts

    @contextmanager
    def opened() -> Iterator[Drafts]:
        with opened_state(settings) as db:
            yield Drafts(db, SystemClock(), POLICIES)

    return opened()


def _found(kept: Drafts, draft_id: str) -> Reviewed:
    found = kept.get(draft_id)
    if found is None:
        raise NotFoundError(
            f"there is no draft {draft_id}, or more than one begins so; "
            "`prela agents drafts list` shows all"
        )
    return found


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        return f"user {os.getuid()}"


def _ask(found: Reviewed, settings: Settings, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("say which words you approve: --hash HASH, or --yes")
    _show(found, settings)
    question = "Approve this? It stays here." if _stays(found) else "Let this leave?"
    click.confirm(question, abort=True)


def _stays(found: Reviewed) -> bool:
    return found.draft.kind in {"fact_sheet", "document"}


def _edited(draft: Draft) -> tuple[str, ...] | None:
    has_editor = any(os.environ.get(name) for name in ("VISUAL", "EDITOR"))
    if not (has_editor or sys.stdin.isatty()):
        raise click.UsageError("give the words by --text, or an editor by $EDITOR")
    said = click.edit(_BETWEEN.join(draft.parts), extension=".md")
    if said is None:
        return None
    # Elsewhere than in a thread, such a line is a rule across the page.
    parts = said.strip("\n").split(_BETWEEN) if draft.kind == "thread" else [said]
    return tuple(each.strip("\n") for each in parts)


def _waits(found: Reviewed, settings: Settings) -> str:
    from prela_agents.run.logins import waits_for

    return waits_for(found, settings.secrets)


def _show(found: Reviewed, settings: Settings) -> None:
    from prela_cli.render.drafts import draft_page

    show(draft_page(found, _waits(found, settings)))


def _document(found: Reviewed, settings: Settings) -> dict[str, Any]:
    return {
        **attrs.asdict(found.draft),
        "content_hash": found.draft.content_hash,
        "state": found.state,
        "reason": found.reason,
        "changed_at": found.changed_at,
        "approval": found.approval,
        "waits_for": _waits(found, settings) or None,
    }
