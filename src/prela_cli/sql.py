"""`prela sql`: ask in SQL."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import attrs
import click
import msgspec
from rich.table import Table
from rich.text import Text

from prela_cli.output import show, show_json, show_line
from prela_cli.output_files import appearing
from prela_cli.reading import source_options
from prela_cli.render.plain import clean
from prela_cli.source import PROJECT_ID
from prela_core.store import Reader
from prela_core.store.sql import MAX_ROWS, SqlForm, SqlQuestion

__all__ = ["sql"]

_FORMS = ("table", "json", "csv", "arrow")
_WIDEST = 60


@attrs.frozen
class _Answer:
    columns: list[dict[str, str]]
    rows: list[list[Any]]
    row_count: int


@click.command()
@click.argument("query", required=False)
@click.option(
    "-f",
    "--file",
    "file",
    type=click.File("r", encoding="utf-8"),
    help="Read the query from a file, or from standard input with -.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    help="How to write the rows.  [default: as --output ends, else table]",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file."
)
@click.option(
    "--max-rows",
    type=click.IntRange(1, MAX_ROWS),
    default=10_000,
    show_default=True,
    help="Refuse an answer of more rows.",
)
@source_options
def sql(
    *,
    reader: Reader,
    query: str | None,
    file: Any,
    form: str | None,
    as_json: bool,
    output: Path | None,
    max_rows: int,
) -> None:
    """Ask one SELECT, in ClickHouse's SQL, over the tables spans and traces.

    Each span is there once, with the columns that `prela show --json` has, and nothing else can
    be read. Attributes are JSON: JSONExtractString(attributes, 'tenant').

    \b
    Example:
      prela sql "SELECT model, count() FROM spans GROUP BY model"
      prela sql "SELECT max(duration_ms) FROM traces" --json
      prela sql -f report.sql -o report.csv
    """
    if (query is None) == (file is None):
        raise click.UsageError("give one query, as an argument or with --file")
    text = query if query is not None else file.read()
    chosen = "json" if as_json else form or _by_ending(output)
    if chosen == "table" and output is not None:
        raise click.UsageError("a table is for reading; write --format json, csv or arrow")
    if chosen == "arrow" and output is None and sys.stdout.isatty():
        raise click.UsageError("an Arrow stream is not for a terminal; add --output FILE")
    wanted = SqlForm.JSON if chosen == "table" else SqlForm(chosen)
    question = SqlQuestion(text=text, form=wanted, max_rows=max_rows)
    if output is not None:
        with appearing(output) as out:
            out.write(reader.sql(PROJECT_ID, question))
        return
    answer = reader.sql(PROJECT_ID, question)
    if chosen == "table":
        _show_table(msgspec.json.decode(answer, type=_Answer))
    elif chosen == "json":
        show_json(msgspec.Raw(msgspec.json.format(answer, indent=-1)))
    else:
        click.echo(answer, nl=False)


def _by_ending(output: Path | None) -> str:
    if output is None:
        return "table"
    ending = output.suffix.removeprefix(".").lower()
    if ending not in _FORMS:
        raise click.UsageError(f"{output} ends in no known form; add --format json, csv or arrow")
    return ending


def _show_table(answer: _Answer) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in answer.columns:
        numeric = any(word in column["type"] for word in ("Int", "Float", "Decimal"))
        table.add_column(
            Text(clean(column["name"], "utf-8")),
            justify="right" if numeric else "left",
            no_wrap=True,
            overflow="ellipsis",
            max_width=_WIDEST,
        )
    for row in answer.rows:
        table.add_row(*(Text(clean(_said(value), "utf-8")) for value in row))
    show(table)
    if not answer.rows:
        show_line("No rows.")


def _said(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
