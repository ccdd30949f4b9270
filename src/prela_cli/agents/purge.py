"""`prela agents purge`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from prela_cli.agents.options import settings_options
from prela_cli.output import show_json, show_line

if TYPE_CHECKING:
    from prela_agents.outbox import Purged
    from prela_agents.run.settings import Settings

__all__ = ["purge"]

_PARTIAL = 4


@click.command()
@click.argument("keys", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@settings_options
def purge(*, settings: Settings, keys: tuple[str, ...], as_json: bool) -> None:
    """Forget what was deleted where it was said, or the items with KEYS.

    Each kept item is looked at again on its platform. Of one that is gone, nothing that was said
    stays: not in the state, nor in the history, nor in drafts that have not left. Run it daily.

    \b
    Example:
      prela agents purge
      prela agents purge reddit:t3_1abcde
    """
    import anyio

    from prela_agents.http import SystemClock
    from prela_agents.outbox import Purged
    from prela_agents.run.sending import forget, purge_gone

    async def follow() -> Purged:
        return await purge_gone(settings, SystemClock())

    if keys:
        done = Purged(len(keys), forget(settings, SystemClock(), list(keys)))
    else:
        done = anyio.run(follow)
    if as_json:
        show_json(done)
    else:
        show_line(f"Looked at {done.looked_at} items and forgot {done.forgotten}.")
    for why in done.failures:
        click.echo(f"prela: {why}", err=True)
    if done.failures:
        sys.exit(_PARTIAL if done.looked_at else 1)
