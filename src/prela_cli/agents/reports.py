"""`prela agents reports`: the weekly reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from prela_cli.agents.options import settings_options
from prela_cli.failures import WrongRequestFailure
from prela_cli.output import show, show_json, show_line, show_text
from prela_core.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prela_agents.model import Report
    from prela_agents.run.settings import Settings

__all__ = ["reports"]


@click.command(short_help="List the weekly reports, or write one.")
@click.argument("report_id", required=False)
@click.option("--agent", type=click.Choice(("sentinel", "radar")), help="Only this agent's.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("markdown", "html", "json")),
    default="markdown",
    show_default=True,
    help="How to write a report.",
)
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file."
)
@settings_options
def reports(
    *,
    settings: Settings,
    report_id: str | None,
    agent: str | None,
    form: str,
    output: Path | None,
) -> None:
    """List reports, the newest first, or write one; 'latest' is the newest.

    Every sentence of a report has its source. Plots are within HTML, and beside a file of Markdown.

    \b
    Example:
      prela agents reports
      prela agents reports latest --agent sentinel --format html -o week.html
    """
    from prela_agents.http import SystemClock
    from prela_agents.run.workshop import opened_history

    with opened_history(settings, SystemClock()) as history:
        found = history.reports(agent)
    if report_id is not None:
        _write(_one(found, report_id), form, output)
    elif form == "json":
        show_json(found)
    elif not found:
        show_line("No reports.")
    else:
        from prela_cli.render.reports import reports_table

        show(reports_table(found))


def _one(found: Sequence[Report], report_id: str) -> Report:
    for each in found:
        if report_id in {each.id, "latest"}:
            return each
    raise NotFoundError(f"there is no report {report_id}; `prela agents reports` lists all")


def _write(report: Report, form: str, output: Path | None) -> None:
    import msgspec

    from prela_agents.reports import as_html, as_markdown

    plots = f"{output.stem}-plots" if output is not None and form == "markdown" else None
    if form == "json":
        text = msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
    elif form == "html":
        text = as_html(report)
    else:
        text = as_markdown(report, figures=f"{quote(plots)}/" if plots is not None else None)
    if output is None:
        show_text(text)
        return
    drawn = [figure for section in report.sections for figure in section.figures]
    beside = output.parent / plots if plots is not None and drawn else None
    try:
        output.write_text(text, "utf-8")
        if beside is not None:
            beside.mkdir(exist_ok=True)
            for figure in drawn:
                (beside / f"{figure.name}.svg").write_text(figure.svg, "utf-8")
    except OSError as error:
        raise WrongRequestFailure(
            f"{error.filename or output} can't be written ({error.strerror or error})"
        ) from error
    show_line(f"Wrote {output}{f', and its plots in {beside}' if beside is not None else ''}.")
