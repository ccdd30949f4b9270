"""`prela tail`: follow spans as they arrive."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from prela_cli import moments, source
from prela_cli.asking import query_argument
from prela_cli.data_dir import data_dir_option
from prela_cli.output import show, show_json
from prela_cli.server_options import server_options
from prela_core.ask import Condition, Subject
from prela_core.errors import UnavailableError
from prela_core.model import to_micros
from prela_core.store import Arrivals, ArrivalsRequest, StoredSpan
from prela_core.store.following import Following

if TYPE_CHECKING:
    from prela_core.io.http_client import HttpClient

__all__ = ["tail"]

_PAUSE = 1.0
_PAUSE_WHEN_AWAY = 2.0


@click.command()
@query_argument(Subject.SPAN)
@click.option("--traces", is_flag=True, help="Only spans without a parent: one line a trace.")
@click.option(
    "--since",
    type=moments.SPAN_OF_TIME,
    metavar="TIME",
    help="Begin with what was stored in the last 30s, 5m, 2h.",
)
@click.option("--json", "as_json", is_flag=True, help="Print each span as a line of JSON.")
@data_dir_option
@server_options
def tail(
    *,
    asked: Condition | None,
    traces: bool,
    since: float | None,
    as_json: bool,
    data_dir: Path,
    url: str | None,
    api_key: str | None,
) -> None:
    """Follow spans as they arrive, until Ctrl-C; with a QUERY, those that meet it.

    A span is shown when it has been stored, and once more when it has ended if it was shown
    while it ran. None is left out and none is shown twice, also when the server is away for a
    while. Without --url or `prela login` the server of the data directory is followed, as soon
    as there is one.

    \b
    Example:
      prela tail
      prela tail --traces --since 10m
      prela tail 'status:error model:claude*' --json | jq .name
    """
    begun = None if since is None else max(to_micros(moments.now()) - round(since * 1000), 0)
    with contextlib.suppress(KeyboardInterrupt):
        for span in follow(
            lambda: source.find_server(data_dir, url, api_key),
            ArrivalsRequest(since=begun, where=asked),
            tell=_tell,
            where=str(url or data_dir),
        ):
            if not (traces and span.parent_span_id):
                _show(span, as_json=as_json)


def follow(
    find: Callable[[], HttpClient | None],
    wanted: ArrivalsRequest,
    *,
    tell: Callable[[str], None],
    where: str,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[StoredSpan]:
    """Yield what arrives at the server that `find` finds, each span once, for ever.

    A server that is away is looked for again. `tell` is given a sentence when one is found, and
    when one is lost.
    """
    following = Following()
    while True:
        server = find()
        if server is None:
            tell(f"waiting for `prela serve` on {where}")
            while server is None:
                sleep(_PAUSE)
                server = find()
        try:
            with server:
                for number, answer in enumerate(_answers(server, wanted, sleep)):
                    if not number:
                        tell(f"following {server.url}; Ctrl-C ends it")
                    wanted = attrs.evolve(wanted, cursor=answer.next_cursor, since=None)
                    yield from following.new(answer.items)
        except UnavailableError as error:
            tell(f"{error}; trying again")
            sleep(_PAUSE_WHEN_AWAY)


def _answers(
    server: HttpClient, wanted: ArrivalsRequest, sleep: Callable[[float], None]
) -> Iterator[Arrivals]:
    while True:
        answer = server.arrivals(source.PROJECT_ID, wanted)
        yield answer
        wanted = attrs.evolve(wanted, cursor=answer.next_cursor, since=None)
        if len(answer.items) < wanted.limit:
            sleep(_PAUSE)


def _show(span: StoredSpan, *, as_json: bool) -> None:
    if as_json:
        show_json(span, indented=False)
    else:
        from prela_cli.render.arrival_line import ArrivalLine

        show(ArrivalLine(span))
    sys.stdout.flush()  # who reads through a pipe is to see it now


def _tell(sentence: str) -> None:
    click.echo(f"prela: {sentence}", err=True)
