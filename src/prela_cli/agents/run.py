"""`prela agents run`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from prela_cli.agents.interval import INTERVAL
from prela_cli.agents.options import settings_options
from prela_cli.agents.waiting import waiting
from prela_cli.output import show_fault, show_json, show_line

if TYPE_CHECKING:
    from datetime import timedelta

    from prela_agents.run.running import Finished
    from prela_agents.run.schedule import Schedule
    from prela_agents.run.settings import Settings

__all__ = ["NAMES", "run"]

NAMES = ("scout", "sentinel", "amplifier", "radar")


@click.command(short_help="Run an agent, once or by a schedule.")
@click.argument("name", type=click.Choice(NAMES))
@click.option("--once", is_flag=True, help="Run once and end: the default.")
@click.option("--every", type=INTERVAL, help="Run now, and again each 1h or the like.")
@click.option("--cron", metavar="LINE", help="Run now, and at these times in UTC: '0 6 * * 1'.")
@click.option(
    "--live",
    is_flag=True,
    envvar="PRELA_AGENTS_LIVE",
    show_envvar=True,
    help="Send what is approved, and file issues.",
)
@click.option("--model", help="'rules', or the name of a Claude.  [default: $PRELA_AGENTS_MODEL]")
@click.option("--json", "as_json", is_flag=True, help="Print each run as a line of JSON.")
@settings_options
def run(
    *,
    settings: Settings,
    name: str,
    once: bool,
    every: timedelta | None,
    cron: str | None,
    live: bool,
    model: str | None,
    as_json: bool,
) -> None:
    """Run an agent, once or by a schedule.

    It reads, judges, counts and drafts. Nothing leaves this machine in a dry run, which is the
    default: drafts wait for review, and issues are planned. With --live, what was approved is sent
    and issues are filed. One process runs an agent at a time.

    A signal ends a schedule after the run that goes on; a second one, or the first where there is
    no schedule, breaks the run off. The exit code is 0 when all went well, 4 when some of it did,
    1 when nothing did.

    \b
    Example:
      prela agents run scout
      prela agents run scout --live --every 1h
      prela agents run sentinel --cron '0 6 * * 1' --model claude-sonnet-4-6
    """
    del model  # it is in the settings by now
    schedule = _schedule(once=once, every=every, cron=cron)
    import anyio

    from prela_agents.http import SystemClock
    from prela_agents.run.repeating import repeated
    from prela_agents.run.running import EXIT_CODES, run_once

    clock = SystemClock()
    ended: list[Finished] = []

    async def one() -> None:
        with waiting(name):
            finished = await run_once(settings, name, clock, live=live, signals=schedule is None)
        _tell(settings, name, finished, as_json=as_json)
        ended.append(finished)

    async def again(schedule: Schedule) -> None:
        await repeated(one, schedule, clock)

    if schedule is not None:
        anyio.run(again, schedule)
        return
    anyio.run(one)
    sys.exit(EXIT_CODES[ended[0].outcome.state])


def _schedule(*, once: bool, every: timedelta | None, cron: str | None) -> Schedule | None:
    if sum((once, every is not None, cron is not None)) > 1:
        raise click.UsageError("give one of --once, --every and --cron")
    if every is None and cron is None:
        return None
    from prela_agents.run.schedule import Cron, Every

    if cron is not None:
        return Cron(cron)
    return Every(every) if every is not None else None


def _tell(settings: Settings, name: str, finished: Finished, *, as_json: bool) -> None:
    outcome = finished.outcome
    if as_json:
        show_json(
            {
                "run_id": finished.run_id,
                "agent": name,
                "state": outcome.state,
                "counts": outcome.counts,
                "failures": outcome.failures,
                "trace_id": finished.trace_id,
            },
            indented=False,
        )
        return
    from prela_agents.reports import tally

    show_line(f"{name}: {outcome.state}: {tally(outcome.counts) or 'nothing'}")
    for failure in outcome.failures:
        show_fault(f"{failure.where}: {failure.why}")
    if finished.trace_id is not None and settings.exporter is not None:
        show_line(f"its trace: prela show {finished.trace_id} --data-dir {settings.directory}")
    elif finished.trace_id is not None and os.environ.get("PRELA_EXPORTER", "http") in {"", "http"}:
        show_line(f"its trace: prela show {finished.trace_id}")
