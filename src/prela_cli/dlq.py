"""`prela dlq`: look at what could not be stored, and send it again."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prela_cli.data_dir import given_data_dir_option
from prela_cli.env_file import env_file_option
from prela_cli.output import show, show_json, show_line

if TYPE_CHECKING:
    from prela_core.bus.letters import KeptLetter, LetterBox
    from prela_core.model import SpanBatch

__all__ = ["dlq"]

_SPANS_SHOWN = 100


def _places(command: Callable[..., None]) -> Callable[..., None]:
    return given_data_dir_option(env_file_option(command))


@click.group()
def dlq() -> None:
    """Look at dead letters: what could not be stored, and why.

    With KAFKA_BOOTSTRAP_SERVERS set these are the records of the topics `spans.dlq` and
    `traces.dlq`, kept for 30 days; without, what the server refused, in its store. They
    hold no other spans up. After what was wrong has been put right, `prela dlq replay` sends
    them again.

    \b
    Example:
      prela dlq list
      prela dlq show spans.dlq/0/12
      prela dlq replay
    """


@dlq.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True,
              help="How many letters.")  # fmt: skip
@click.option("--all", "replayed", is_flag=True, help="Those too that were sent again.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@_places
def list_letters(
    *, limit: int, replayed: bool, as_json: bool, data_dir: Path | None, env_file: Path | None
) -> None:
    """List dead letters, the oldest of each topic first: where each was, when, and why.

    \b
    Example:
      prela dlq list --limit 10
      prela dlq list --all --json
    """
    with _box(data_dir, env_file) as box:
        found = list(islice(map(_summary, box.letters(replayed=replayed)), limit + 1))
    more = len(found) > limit
    if as_json:
        show_json(found[:limit])
    elif found:
        from prela_cli.render.letters import letters_table

        show(letters_table(found[:limit]))
    else:
        click.echo("No dead letters.", err=True)
    if more:
        click.echo(f"There are more than {limit}: ask for them by --limit.", err=True)


@dlq.command("show")
@click.argument("place")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document, with the record.")
@_places
def show_letter(*, place: str, as_json: bool, data_dir: Path | None, env_file: Path | None) -> None:
    """Show one dead letter. PLACE is what `prela dlq list` shows.

    \b
    Example:
      prela dlq show spans.dlq/0/12
      prela dlq show spans.dlq/0/12 --json
    """
    from prela_core.errors import NotFoundError

    with _box(data_dir, env_file) as box:
        kept = box.letter(place)
    if kept is None:
        raise NotFoundError(f"there is no dead letter at {place}")
    document = _document(kept)
    if as_json:
        show_json(document)
        return
    from prela_cli.render.letters import letter_lines

    for line in letter_lines(document):
        show_line(line)


@dlq.command()
@click.option("--limit", type=click.IntRange(1), help="How many letters at most.  [default: all]")
@click.option("--json", "as_json", is_flag=True, help="Print how many there were as JSON.")
@_places
def replay(
    *, limit: int | None, as_json: bool, data_dir: Path | None, env_file: Path | None
) -> None:
    """Send dead letters again, the oldest first, after what was wrong has been put right.

    What is still wrong comes back as a new letter. It may be stopped and run again at any time:
    it goes on where it was, and a span that is sent twice is still seen once. Letters that come
    meanwhile are left for the next time.

    \b
    Example:
      prela dlq replay --limit 1
      prela dlq replay
    """
    from prela_core.errors import UnavailableError

    sent = 0
    left: list[str] = []
    try:
        with _box(data_dir, env_file) as box:
            for kept in box.replay(limit):
                if kept.is_replayed:
                    sent += 1
                else:
                    left.append(kept.place)
    except UnavailableError as error:
        so_far = f"{_letters(sent)} sent so far; run it again to go on"
        raise UnavailableError(f"{error} ({so_far})", error.retry_after) from error
    if as_json:
        show_json({"replayed": sent, "not_replayed": left})
        return
    show_line(f"{_letters(sent)} sent again")
    for place in left:
        click.echo(f"{place} could not be: `prela dlq show {place}` says why", err=True)


@contextmanager
def _box(data_dir: Path | None, env_file: Path | None) -> Iterator[LetterBox]:
    """Open the letters of Kafka when it is set, or else those of the store."""
    from prela_server.settings import load_settings

    settings = load_settings(env_file, {"data_dir": data_dir})
    if settings.kafka.is_set and data_dir is None:
        from prela_core.io.kafka_letter_box import KafkaLetterBox
        from prela_server.compose.kafka import connection_of

        # One sentence says what is wrong; the client's own lines say it in its words.
        logging.getLogger("aiokafka").addHandler(logging.NullHandler())
        topics = [settings.kafka.topic_spans, settings.kafka.topic_traces]
        with KafkaLetterBox(connection_of(settings), topics) as box:
            yield box
        return
    if settings.clickhouse.is_set and data_dir is None:
        from contextlib import closing

        from prela_server.compose.parts import open_store

        with closing(open_store(settings)) as store:
            yield store.letters
        return
    with _embedded(settings.data_dir) as box:
        yield box


@contextmanager
def _embedded(data_dir: Path) -> Iterator[LetterBox]:
    from prela_cli import source
    from prela_core.errors import DataDirectoryBusyError, InvalidError

    if not data_dir.exists():
        raise InvalidError(f"{data_dir} does not exist, so there are no dead letters in it")
    try:
        with source.open_directory(data_dir) as store:
            yield store.letters
    except DataDirectoryBusyError as error:
        raise DataDirectoryBusyError(
            f"{str(error).partition(';')[0].partition(', which')[0]}; stop that, run "
            "`prela dlq`, and start it again"
        ) from error


def _summary(kept: KeptLetter) -> dict[str, Any]:
    """Give what a list shows, without the record."""
    from prela_core.model import to_rfc3339

    letter = kept.letter
    batch = _batch(kept)
    known = letter.partition >= 0 and letter.offset >= 0
    return {
        "place": kept.place,
        "at": to_rfc3339(letter.at) if letter.at else None,
        "reason": letter.reason,
        "from": f"{letter.record.topic}/{letter.partition}/{letter.offset}" if known else None,
        "project_id": None if batch is None else batch.project_id,
        "spans": None if batch is None else len(batch.spans),
        "traces": None if batch is None else len(batch.traces),
        "bytes": len(letter.record.value or b""),
        "replayed": kept.is_replayed,
        "cut": letter.is_cut,
    }


def _document(kept: KeptLetter) -> dict[str, Any]:
    record, batch = kept.letter.record, _batch(kept)
    held = [] if batch is None else batch.spans[:_SPANS_SHOWN]
    return _summary(kept) | {
        "topic": record.topic,
        "key": None if record.key is None else record.key.decode(errors="replace"),
        "headers": {name: value.decode(errors="replace") for name, value in record.headers},
        "held": [
            {"trace_id": span.trace_id, "span_id": span.span_id, "name": span.name} for span in held
        ],
        "value_base64": None if record.value is None else base64.b64encode(record.value).decode(),
    }


def _batch(kept: KeptLetter) -> SpanBatch | None:
    """Decode the record; None when it can't be."""
    from prela_core.bus.records import decode
    from prela_core.errors import MalformedError

    try:
        return decode(kept.letter.record)
    except MalformedError:
        return None


def _letters(count: int) -> str:
    return "1 letter" if count == 1 else f"{count:,} letters"
