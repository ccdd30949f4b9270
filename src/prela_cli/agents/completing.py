"""Completing ids of drafts."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

__all__ = ["complete_drafts"]

_MOST = 50


def complete_drafts(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Give the drafts whose ids begin so, the newest first; none where there is no state yet."""
    del param
    import os

    from prela_agents.http import SystemClock
    from prela_agents.run.reading import read_settings
    from prela_agents.run.workshop import state_path
    from prela_agents.state import Database, Drafts
    from prela_core import PrelaError

    try:
        options = {name: ctx.params.get(name) for name in ("config", "directory")}
        path = state_path(read_settings(os.environ, **options))
        if not path.exists():
            return []
        with Database(path) as db:
            found = Drafts(db, SystemClock()).list()
    except PrelaError:
        return []
    return [
        CompletionItem(each.draft.id[:8], help=f"{each.state}, {each.draft.about}")
        for each in found
        if each.draft.id.startswith(incomplete)
    ][:_MOST]
