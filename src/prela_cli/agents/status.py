"""`prela agents status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from prela_cli.agents.options import opened_state, settings_options
from prela_cli.output import show, show_json

if TYPE_CHECKING:
    from prela_agents.run.settings import Settings

__all__ = ["status"]


@click.command(short_help="Show how the agents stand.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@settings_options
def status(*, settings: Settings, as_json: bool) -> None:
    """Show each agent's last run, what waits for you, and what this month cost.

    \b
    Example:
      prela agents status
    """
    from prela_agents.http import SystemClock
    from prela_agents.run.standing import standing

    with opened_state(settings) as db:
        found = standing(settings, db, SystemClock())
    if as_json:
        show_json(found)
        return
    from prela_cli.render.standing import standing_page

    show(standing_page(found))
