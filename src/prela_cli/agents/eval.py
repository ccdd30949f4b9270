"""`prela agents eval`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from prela_cli.agents.options import settings_options
from prela_cli.agents.waiting import waiting
from prela_cli.output import show_json

if TYPE_CHECKING:
    from prela_agents.eval import Evaluation
    from prela_agents.run.settings import Settings

__all__ = ["eval_"]

_HALVES = ("development", "held-out")  # those of eval.Half, without importing it for --help


@click.command("eval", short_help="Measure the rules, and a model, by golden sets.")
@click.option(
    "--golden",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=Path("tests/agents/golden"),
    show_default=True,
    help="The directory of the golden sets.",
)
@click.option(
    "--half",
    "halves",
    type=click.Choice(_HALVES),
    multiple=True,
    default=_HALVES,
    help="Which half of each set; both by default. Rules were made with the first in view.",
)
@click.option("--model", help="A Claude to measure as well.  [default: $PRELA_AGENTS_MODEL]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, a list.")
@settings_options
def eval_(
    *, settings: Settings, golden: Path, halves: tuple[str, ...], model: str | None, as_json: bool
) -> None:
    """Measure how well the rules judge, and a model if one is named, by golden sets.

    Printed are precision, recall and F1 of relevance and of duplicates, what a live run would merge
    falsely, how often the docs were searched well, quotes that resolve, questions that were rightly
    refused, and injections that were acted on. Each judge has figures of its own.

    \b
    Example:
      prela agents eval
      prela agents eval --half held-out --model claude-sonnet-4-6 --json
    """
    del model  # it is in the settings by now
    import anyio

    from prela_agents.eval import Half, as_text, as_value
    from prela_agents.http import SystemClock
    from prela_agents.run.evaluating import evaluations

    wanted = [Half(each.replace("-", "_")) for each in dict.fromkeys(halves)]

    async def measure() -> list[Evaluation]:
        return await evaluations(settings, SystemClock(), golden, wanted)

    with waiting("measuring"):
        found = anyio.run(measure)
    if as_json:
        show_json([as_value(each) for each in found])
    else:
        click.echo(as_text(found), nl=False)
