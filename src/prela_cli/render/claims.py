"""Claims as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from prela_agents.model import Claim

__all__ = ["claims_table"]


def claims_table(claims: Sequence[Claim], now: datetime) -> Table:
    """Show one claim a row, those that may not be used dimmed; times in UTC."""
    table = Table("product", "claim", "in their words", "where", "fetched", "state", box=None)
    for each in claims:
        table.add_row(
            # Text, because rich would read square brackets in a plain string as markup.
            *map(Text, (each.product, each.text, each.quote, each.url)),
            Text(f"{each.fetched_at:%Y-%m-%d}"),
            Text(_state(each, now)),
            style=None if each.is_good(now) else "dim",
        )
    return table


def _state(claim: Claim, now: datetime) -> str:
    if claim.stale_since is not None:
        return f"stale since {claim.stale_since:%Y-%m-%d}"
    if now >= claim.expires_at:
        return f"ended {claim.expires_at:%Y-%m-%d}"
    return f"good until {claim.expires_at:%Y-%m-%d}"
