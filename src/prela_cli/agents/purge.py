"""`prela agents purge`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from prela_cli.agents.interval import INTERVAL
from prela_cli.agents.options import settings_options
from prela_cli.agents.waiting import waiting
from prela_cli.output import show_fault, show_json, show_line

if TYPE_CHECKING:
    from datetime import timedelta

    from prela_agents.outbox import Purged
    from prela_agents.run.settings import Settings

__all__ = ["purge"]

_PARTIAL = 4


@click.command(short_help="Forget what was deleted where it was said.")
@click.argument("keys", nargs=-1)
@click.option("--every", type=INTERVAL, help="Do it again and again, such as each 24h.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@settings_options
def purge(
    *, settings: Settings, keys: tuple[str, ...], every: timedelta | None, as_json: bool
) -> None:
    """Forget what was deleted where it was said, or the items with KEYS.

    Each kept item is looked at again on its platform. Of one that is gone, nothing that was said
    stays: not in the state, nor in the history, nor in drafts that have not left. Do so daily.

    \b
    Example:
      prela agents purge
      prela agents purge reddit:t3_1abcde
    """
    if keys and every is not None:
        raise click.UsageError("give KEYS, or --every")
    import anyio

    from prela_agents.http import SystemClock
    from prela_agents.run.repeating import repeated
    from prela_agents.run.schedule import Every
    from prela_agents.run.sending import forget, purge_gone

    clock = SystemClock()
    done: list[Purged] = []

    async def follow() -> None:
        with waiting("looking"):
            done.append(await purge_gone(settings, clock))
        _tell(done[-1], as_json=as_json)

    async def again(interval: timedelta) -> None:
        await repeated(follow, Every(interval), clock)

    if every is not None:
        anyio.run(again, every)
        return
    if keys:
        done.append(forget(settings, clock, list(dict.fromkeys(keys))))
        _tell(done[-1], as_json=as_json)
    else:
        anyio.run(follow)
    if done[-1].failures:
        sys.exit(_PARTIAL if done[-1].looked_at else 1)


def _tell(done: Purged, *, as_json: bool) -> None:
    if as_json:
        show_json(done, indented=False)
    else:
        from prela_agents.reports import counted

        show_line(f"Looked at {counted(done.looked_at, 'item')} and forgot {done.forgotten}.")
    for why in done.failures:
        show_fault(why)
