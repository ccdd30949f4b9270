"""`prela stats`: what many spans come to."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import attrs
import click
from click.shell_completion import CompletionItem

from prela_cli import moments
from prela_cli.asking import query_argument
from prela_cli.filters import in_order, start_time
from prela_cli.output import show, show_json, show_line
from prela_cli.reading import source_options
from prela_cli.render.stats_tables import Groups, Totals
from prela_cli.source import PROJECT_ID
from prela_core.ask import Condition, Subject
from prela_core.errors import InvalidError
from prela_core.model import to_micros
from prela_core.store import Bucket, Dimension, Measure, MetricQuery, MetricTable, Reader
from prela_core.store.names import named, names_of

__all__ = ["stats"]

E = TypeVar("E", bound=StrEnum)

_DEFAULT = 24 * 3600 * 1_000_000
_MEASURES = (
    Measure.COUNT,
    Measure.ERROR_RATE,
    Measure.P50_DURATION,
    Measure.P95_DURATION,
    Measure.TOTAL_TOKENS,
    Measure.COST,
)
_MOST_MARKS = 200


class _Words(click.ParamType[tuple[E, ...]]):
    """Words with commas between, each of which names a member of `kind`."""

    def __init__(self, name: str, kind: type[E]) -> None:
        self.name = name
        self.kind = kind

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[E, ...]:
        """Read the words, or end with a sentence that names those that would do."""
        try:
            return tuple(named(self.kind, word.strip()) for word in str(value).split(","))
        except InvalidError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - as click asks
        param: click.Parameter,  # noqa: ARG002 - as click asks
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        """Complete the last of the words."""
        before, comma, word = incomplete.rpartition(",")
        return [
            CompletionItem(before + comma + one)
            for one in names_of(self.kind)
            if one.startswith(word)
        ]


def _order(
    ctx: click.Context, param: click.Parameter, word: str | None
) -> tuple[Measure, bool] | None:
    if word is None:
        return None
    try:
        measure = named(Measure, word.removeprefix("+").removeprefix("-"))
    except InvalidError as error:
        raise click.BadParameter(str(error), ctx, param) from error
    return measure, not word.startswith("+")


@click.command()
@query_argument(Subject.SPAN)
@click.option(
    "--by",
    multiple=True,
    type=_Words("field", Dimension),
    metavar="FIELD[,FIELD]",
    help="One line for each service, model, provider, agent, tool, user, session, environment, "
    "name, type or status; up to three of them.",
)
@click.option(
    "-m",
    "--measure",
    "measures",
    multiple=True,
    type=_Words("measure", Measure),
    metavar="NAME[,NAME]",
    help="spans, traces, errors, error_rate, p50, p95, p99, max, avg, ttft, p95_ttft, tokens, "
    "input_tokens, output_tokens, cost, users, sessions, ...",
)
@click.option(
    "--since",
    type=moments.SPAN_OF_TIME,
    metavar="TIME",
    help="Began in the last 30m, 2h, 3d, 1w; 24h if not said.",
)
@click.option(
    "--start", type=moments.MOMENT, metavar="MOMENT", help="Began then or later (RFC 3339)."
)
@click.option(
    "--end", type=moments.MOMENT, metavar="MOMENT", help="Began before then.  [default: now]"
)
@click.option(
    "--bucket",
    type=click.Choice([each.value for each in Bucket], case_sensitive=False),
    help="How long the stretches of time are (UTC).  [default: by the time asked for]",
)
@click.option(
    "--order",
    metavar="NAME",
    callback=_order,
    shell_complete=lambda _, __, word: [one for one in names_of(Measure) if one.startswith(word)],
    help="The measure that orders the lines, the largest first; with a + before it, the smallest.",
)
@click.option(
    "--limit",
    type=int,
    default=15,
    show_default=True,
    metavar="NUMBER",
    help="At most so many lines, 1 to 1000; all others are one more.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON document, as the API answers; by bucket with --bucket.",
)
@source_options
def stats(
    *,
    reader: Reader,
    asked: Condition | None,
    by: tuple[tuple[Dimension, ...], ...],
    measures: tuple[tuple[Measure, ...], ...],
    since: float | None,
    start: int | None,
    end: int | None,
    bucket: str | None,
    order: tuple[Measure, bool] | None,
    limit: int,
    as_json: bool,
) -> None:
    """Count, time and price many spans: all together, or by model, tool, user and so on.

    QUERY, in the query language, says which spans: type:tool status:error 'duration>2s'.

    Every span counts once, in its latest version. Percentiles are exact. Tokens and cost of
    agents and chains, which repeat what their children used, are not counted twice.

    \b
    Example:
      prela stats
      prela stats --by model --order cost --since 7d
      prela stats type:tool status:error --by tool,name
      prela stats --by tool,status -m spans,p95,p99
      prela stats --by service --bucket hour --json
    """
    chosen = tuple(dict.fromkeys(each for group in measures for each in group)) or _MEASURES
    first_that_adds = next((each for each in chosen if each.adds), Measure.COUNT)
    ranked_by, descending = order or (first_that_adds, True)
    now = to_micros(moments.now())
    in_order(start, end)
    last = now if end is None else end
    is_open = since is None and start is None and end is None
    first = now - _DEFAULT if is_open else start_time(since, start)
    wanted = MetricQuery(
        measures=tuple(dict.fromkeys((*chosen, ranked_by))),
        by=tuple(dict.fromkeys(each for group in by for each in group)),
        bucket=None if bucket is None else Bucket(bucket.lower()),
        where=asked,
        start_time=first,
        end_time=last,
        order=ranked_by,
        descending=descending,
        limit=limit,
        with_other=True,
    )
    if as_json:
        show_json(reader.metrics(PROJECT_ID, wanted))
        return
    whole = reader.metrics(PROJECT_ID, attrs.evolve(wanted, bucket=None))
    if not any(value for row in whole.rows for value in row.values.values()):
        show_line("No spans began in that time. Try --since 30d, or fewer conditions.")
        return
    over_time = attrs.evolve(
        wanted,
        measures=(ranked_by,) if wanted.by else wanted.measures,
        bucket=wanted.bucket or _bucket_for(first, last),
        fill=True,
    )
    series = reader.metrics(PROJECT_ID, over_time)
    show(Groups(whole, series, ranked_by) if wanted.by else Totals(whole, series))
    show_line(_caption(series))


def _bucket_for(first: int | None, end: int) -> Bucket:
    """Choose stretches of time of which there are many, but not more than can be drawn."""
    if first is None:
        return Bucket.DAY
    return next((one for one in Bucket if (end - first) // one.micros <= _MOST_MARKS), Bucket.WEEK)


def _caption(series: MetricTable) -> str:
    starts = [row.start for row in series.rows if row.start is not None]
    if not starts:
        return "Times are UTC."
    return f"From {min(starts):%Y-%m-%d %H:%M} UTC on, by {series.bucket}."
