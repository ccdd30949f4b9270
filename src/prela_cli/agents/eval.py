"""`prela agents eval`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prela_cli.agents.options import settings_options
from prela_cli.agents.waiting import waiting
from prela_cli.output import show_fault, show_json, show_line

if TYPE_CHECKING:
    from prela_agents.eval import Evaluation
    from prela_agents.run.settings import Settings

__all__ = ["eval_"]

_PARTIAL = 4
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
@click.option(
    "--model",
    help="The Claude to measure as well.  [default: $PRELA_AGENTS_MODEL; else, with "
    "$ANTHROPIC_API_KEY, that of the settings or claude-sonnet-4-6]",
)
@click.option("--baseline", is_flag=True, help="Measure the rules alone, whatever is set.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, a list.")
@settings_options
def eval_(
    *,
    settings: Settings,
    golden: Path,
    halves: tuple[str, ...],
    model: str | None,
    baseline: bool,
    as_json: bool,
) -> None:
    """Measure how well the rules judge by golden sets, and then, with a key, how well a model does.

    Printed are precision, recall and F1 of relevance and of duplicates, what a live run would merge
    falsely, how often the docs were searched well, quotes that resolve, questions that were rightly
    refused, and injections that were acted on. Each judge has figures of its own.

    A model is asked over a thousand times. What that costs counts against the month's budget for
    Claude; a model that can't be asked to the end has no figures, and the exit code is 4.

    \b
    Example:
      prela agents eval
      prela agents eval --baseline
      prela agents eval --half held-out --model claude-sonnet-4-6 --json
    """
    if baseline and model is not None:
        raise click.UsageError("give --baseline, or --model")
    import anyio

    from prela_agents.errors import PlatformError
    from prela_agents.eval import Half, as_text, as_value
    from prela_agents.http import SystemClock
    from prela_agents.run.evaluating import evaluations

    wanted = [Half(each.replace("-", "_")) for each in dict.fromkeys(halves)]
    asked = None if baseline else _asked(settings, model)
    found: list[Evaluation] = []

    async def measure() -> None:
        each = evaluations(settings, SystemClock(), golden, wanted, asked)
        while True:
            with waiting("measuring"):
                try:
                    found.append(await anext(each))
                except StopAsyncIteration:
                    return
            if not as_json:
                click.echo("\n" * (len(found) > 1) + as_text(found[-1:]), nl=False)

    broke: PlatformError | None = None
    try:
        anyio.run(measure)
    except PlatformError as error:
        broke = error
    if as_json:
        show_json([as_value(each) for each in found])
    elif asked is None and not (baseline or settings.secrets.anthropic_api_key):
        show_line("")
        show_line("The rules alone were measured: a model is, too, when ANTHROPIC_API_KEY is set.")
    if broke is not None:
        show_fault(f"{asked} was not measured to the end: {broke}")
        sys.exit(_PARTIAL)


def _asked(settings: Settings, model: str | None) -> str | None:
    """Give the model to measure, and say so where nobody named one: it costs."""
    from prela_agents.run.evaluating import model_to_measure
    from prela_agents.run.judges import RULES

    named = model or os.environ.get("PRELA_AGENTS_MODEL")
    if named:
        return None if named == RULES else named
    found = model_to_measure(settings)
    if found is not None:
        most = settings.budgets.get("claude")
        bound = "no budget is set" if most is None else f"the month's budget is ${most:,.2f}"
        show_fault(f"{found} is measured as well, at its price; {bound}; --baseline leaves it out")
    return found
