"""The group, and its subcommands."""

from __future__ import annotations

import click

from prela_cli.agents.claims import claims
from prela_cli.agents.drafts import drafts
from prela_cli.agents.eval import eval_
from prela_cli.agents.faults import tell_faults
from prela_cli.agents.outbox import outbox
from prela_cli.agents.purge import purge
from prela_cli.agents.reports import reports
from prela_cli.agents.run import run
from prela_cli.agents.status import status

__all__ = ["agents"]


@click.group()
def agents() -> None:
    """Run Scout, Sentinel, Amplifier and Radar, and review what they drafted.

    Scout finds mentions of you and drafts answers from your docs, Sentinel watches competitors,
    Amplifier makes drafts of your docs and releases, Radar counts. None needs a key: without one,
    rules judge and the platforms that are open are read. Nothing is published before you approve
    it, and nothing at all without --live.

    Who you are and whom to watch is in prela-agents.toml; docs/agents.md tells all of it.

    \b
    Example:
      prela agents run scout
      prela agents drafts list
      prela agents status
    """
    tell_faults()


for _command in (run, drafts, outbox, reports, claims, purge, eval_, status):
    agents.add_command(_command)
