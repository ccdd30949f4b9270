"""API keys as a table."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from prela_server.accounts import KeyInfo
from prela_server.accounts.keys import in_order

__all__ = ["keys_table"]


def keys_table(keys: Iterable[KeyInfo]) -> Table:
    """Show one key a row, revoked ones dimmed; times in UTC to the minute."""
    table = Table("key id", "project", "scopes", "name", "created", "state", box=None)
    for key in keys:
        revoked = key.revoked_at is not None
        table.add_row(
            # Text, because rich would read square brackets in a plain string as markup.
            *map(
                Text,
                (
                    key.key_id,
                    key.project_id,
                    ", ".join(in_order(key.scopes)),
                    key.name,
                    f"{key.created_at:%Y-%m-%d %H:%M}",
                    f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if revoked else "active",
                ),
            ),
            style="dim" if revoked else None,
        )
    return table
