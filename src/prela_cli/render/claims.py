"""Claims as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import RenderableType

from prela_agents.model import Claim
from prela_cli.render.cleaned_table import CleanedTable
from prela_cli.render.columns import Column
from prela_cli.render.glyphs import DIM, PLAIN
from prela_cli.render.lines import Piece

__all__ = ["claims_table"]


def claims_table(claims: Sequence[Claim], now: datetime) -> RenderableType:
    """Show one claim a row, those that may not be used dimmed; times in UTC."""
    styles = [PLAIN if each.is_good(now) else DIM for each in claims]

    def cells(texts: Iterable[str]) -> list[Piece]:
        return list(zip(texts, styles, strict=True))

    return CleanedTable(
        (
            Column("product", cells(each.product for each in claims), least=8),
            Column("claim", cells(each.text for each in claims), least=16, leaves=4),
            Column("in their words", cells(each.quote for each in claims), least=16),
            Column("where", cells(each.url for each in claims), least=16, leaves=2),
            Column("fetched", cells(f"{each.fetched_at:%Y-%m-%d}" for each in claims), leaves=1),
            Column("state", cells(_state(each, now) for each in claims), leaves=3),
        )
    )


def _state(claim: Claim, now: datetime) -> str:
    if claim.stale_since is not None:
        return f"stale since {claim.stale_since:%Y-%m-%d}"
    if now >= claim.expires_at:
        return f"ended {claim.expires_at:%Y-%m-%d}"
    return f"good until {claim.expires_at:%Y-%m-%d}"
