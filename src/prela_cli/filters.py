"""The options that say which traces are meant, alike for every command that lists some."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce, wraps
from typing import Any

import attrs
import click

from prela_cli import moments
from prela_cli.asking import both
from prela_core.ask import Ago, Compare, Condition, Op
from prela_core.model import SpanType, Status, to_micros
from prela_core.store import TraceFilter
from prela_core.wire.words import STATUSES

__all__ = ["filter_options", "in_order", "narrowed", "since_condition", "start_time"]

_LONGEST_AGO = 10**15
"""Thirty years in microseconds: as good as for ever."""

_STATUS_WORDS = {Status.PENDING.value: "pending", **STATUSES}


def _pair(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    pairs = []
    for text in values:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"{text!r} is not KEY=VALUE", ctx, param)
        pairs.append((key, value))
    return tuple(pairs)


def _status(ctx: click.Context, param: click.Parameter, word: str | None) -> str | None:
    if word is None:
        return None
    status = _STATUS_WORDS.get(word.lower()) if word else None
    if status is None:
        raise click.BadParameter(f"{word!r} is not success, error or pending", ctx, param)
    return status


_OPTIONS = (
    click.option(
        "--service", "--service-name", "service_name", metavar="NAME", help="Service of a span."
    ),
    click.option(
        "--status",
        metavar="[success|error|pending]",
        callback=_status,
        shell_complete=lambda _, __, word: [one for one in Status if one.startswith(word)],
        help="How the trace ended: error if any span failed.",
    ),
    click.option(
        "--type",
        "--span-type",
        "span_type",
        type=click.Choice([kind.value for kind in SpanType], case_sensitive=False),
        help="Has a span of this type.",
    ),
    click.option("--name", metavar="TEXT", help="Has a span of exactly this name."),
    click.option("--model", metavar="MODEL", help="Has a span that used this model."),
    click.option("--user", "--user-id", "user_id", metavar="ID", help="Id of the user."),
    click.option(
        "--session", "--session-id", "session_id", metavar="ID", help="Id of the session."
    ),
    click.option("--agent", "--agent-name", "agent_name", metavar="NAME", help="Name of an agent."),
    click.option(
        "--env", "--environment", "environment", metavar="NAME", help="production, staging, ..."
    ),
    click.option(
        "--min-duration",
        "min_duration_ms",
        type=moments.SpanOfTime("ms"),
        metavar="TIME",
        help="At least so long: 250ms, 2s, 1m30s; a bare number is milliseconds.",
    ),
    click.option(
        "--max-duration",
        "max_duration_ms",
        type=moments.SpanOfTime("ms"),
        metavar="TIME",
        help="At most so long.",
    ),
    click.option(
        "--since",
        type=moments.SPAN_OF_TIME,
        metavar="TIME",
        help="Began in the last 30m, 2h, 3d, 1w.",
    ),
    click.option(
        "--start", type=moments.MOMENT, metavar="MOMENT", help="Began then or later (RFC 3339)."
    ),
    click.option("--end", type=moments.MOMENT, metavar="MOMENT", help="Began before then."),
    click.option(
        "--attr",
        "attributes",
        multiple=True,
        metavar="KEY=VALUE",
        callback=_pair,
        help="Has a span with this attribute; may be repeated.",
    ),
)


def filter_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options; `command` gets them as one `TraceFilter`, named `where`."""

    @wraps(command)
    def with_filter(
        *,
        since: float | None,
        start: int | None,
        end: int | None,
        service_name: str | None,
        status: str | None,
        span_type: str | None,
        name: str | None,
        model: str | None,
        user_id: str | None,
        session_id: str | None,
        agent_name: str | None,
        environment: str | None,
        min_duration_ms: float | None,
        max_duration_ms: float | None,
        attributes: tuple[tuple[str, str], ...],
        **rest: Any,
    ) -> None:
        if since is not None and start is not None:
            raise click.UsageError("--since and --start both say when to begin; give one of them")
        in_order(start, end)
        where = TraceFilter(
            service_name=service_name,
            status=status,
            span_type=span_type,
            name=name,
            model=model,
            user_id=user_id,
            session_id=session_id,
            agent_name=agent_name,
            environment=environment,
            min_duration_ms=min_duration_ms,
            max_duration_ms=max_duration_ms,
            start_time=start,
            end_time=end,
            attributes=attributes,
            where=since_condition(since),
        )
        command(where=where, **rest)

    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), with_filter)


def narrowed(where: TraceFilter, asked: Condition | None) -> TraceFilter:
    """Add what a query asks to the options, among which `--since` is a condition as well."""
    return attrs.evolve(where, where=both(asked, where.where))


def since_condition(since: float | None) -> Condition | None:
    """Say `--since` (milliseconds ago) as a condition, which stays as it is from page to page."""
    if since is None:
        return None
    return Compare("started", Op.AT_LEAST, Ago(min(round(since * 1000), _LONGEST_AGO)))


def in_order(start: int | None, end: int | None) -> None:
    """Refuse a `--start` that is not before `--end`: nothing could be found."""
    if start is not None and end is not None and start >= end:
        raise click.UsageError(
            "--start is not before --end, so that nothing can lie between; is one the other?"
        )


def start_time(since: float | None, start: int | None) -> int | None:
    """Give the moment that `--since` (milliseconds ago) or `--start` says, in microseconds."""
    if since is None:
        return start
    if start is not None:
        raise click.UsageError("--since and --start both say when to begin; give one of them")
    return max(to_micros(moments.now()) - round(since * 1000), 0)
