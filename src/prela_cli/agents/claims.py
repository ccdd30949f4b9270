"""`prela agents claims`: the ledger that battle cards are built from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import click

from prela_cli.agents.options import opened_state, settings_options
from prela_cli.output import show, show_json, show_line

if TYPE_CHECKING:
    from prela_agents.run.settings import Settings

__all__ = ["claims"]


@click.command(short_help="List claims, and which are stale.")
@click.option("--product", help="Only claims about this product.")
@click.option("--stale", is_flag=True, help="Only those that may not be used any more.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, a list.")
@settings_options
def claims(*, settings: Settings, product: str | None, stale: bool, as_json: bool) -> None:
    """List claims about products: what is said, in which words, where, and until when.

    A claim is stale when its source says something else by now, and ends after its time. Battle
    cards use neither.

    \b
    Example:
      prela agents claims --product Langfuse
      prela agents claims --stale
    """
    from prela_agents.http import SystemClock
    from prela_agents.state import Claims

    clock = SystemClock()
    now = clock.now()
    with opened_state(settings) as db:
        found = [
            each for each in Claims(db, clock).list(product) if not stale or not each.is_good(now)
        ]
    if as_json:
        documents: list[dict[str, Any]] = [
            {**attrs.asdict(each), "good": each.is_good(now)} for each in found
        ]
        show_json(documents)
    elif not found:
        show_line("No claims.")
    else:
        from prela_cli.render.claims import claims_table

        show(claims_table(found, now))
