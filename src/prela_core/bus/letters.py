"""Dead letters: records that could not be decoded or stored, kept with the reason why.

A letter goes to the topic `<topic>.dlq` as the record was: key, value and headers. Headers of its
own say the rest:

| header | |
|---|---|
| `dlq_reason` | the error's kind and its text |
| `dlq_at` | when it was given up, in microseconds since 1970, in decimal |
| `dlq_partition`, `dlq_offset` | where it was in its topic |
| `dlq_cut` | there when the value was too large for a letter, and is only in its old place |

Of a record of which only some spans can't be stored, the letter holds those spans alone.

A record without a value whose header `dlq_replayed` is an offset is no letter but a mark: those
before that offset in its partition were sent again. It lasts as long as they do, while Kafka
forgets what a group has committed a week after it was last there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

import attrs

from prela_core.bus.records import Record, Topic, encode
from prela_core.model import SpanBatch

__all__ = [
    "SUFFIX",
    "DeadLetter",
    "DeadLetters",
    "KeptLetter",
    "LetterBox",
    "decode_letter",
    "encode_letter",
    "letters_of",
    "mark",
    "marked",
    "reason_of",
    "topic_of_letters",
]

SUFFIX = ".dlq"
"""What the name of a topic of dead letters ends with."""

_REASON_BYTES = 1000
_NUMBER = re.compile(rb"-?[0-9]{1,18}")
_REPLAYED = "dlq_replayed"
_OURS = frozenset({"dlq_reason", "dlq_at", "dlq_partition", "dlq_offset", "dlq_cut"})


@attrs.frozen
class DeadLetter:
    """A record that was given up, and where it was taken from."""

    record: Record
    reason: str
    at: int
    """When it was given up: microseconds since 1970, 0 when unknown."""
    partition: int = -1
    """The partition of `record.topic` it was in; -1 when unknown, as is an offset of -1."""
    offset: int = -1
    is_cut: bool = False
    """Whether the value was too large for a letter; it can't be sent again from here."""


class DeadLetters(Protocol):
    """Where letters are put."""

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Keep `letters`; returns only after they are durable.

        Raises an `UnavailableError` when they can't be kept now; some may have been.
        """


@attrs.frozen
class KeptLetter:
    """A letter where it is kept; `place` names it there."""

    place: str
    letter: DeadLetter
    is_replayed: bool = False
    """Whether its record was sent again."""


class LetterBox(Protocol):
    """Where letters are looked at, and sent again after what was wrong has been put right.

    All methods raise an `UnavailableError` when the letters can't be read now.
    """

    def letters(self, *, replayed: bool = False) -> Iterator[KeptLetter]:
        """Give the letters in the order they were written, the replayed ones too if asked."""

    def letter(self, place: str) -> KeptLetter | None:
        """Give the letter that `place` names; None when there is none."""

    def replay(self, limit: int | None = None) -> Iterator[KeptLetter]:
        """Send the records of the letters again, the oldest first, `limit` at most.

        Each is given after its record is durable and it is noted as replayed. It may be ended
        at any time, and run again: nothing is left out, and a record that is sent twice makes no
        span seen twice. Letters that come while it runs are left for the next time. Those that
        hold no record (`is_cut`), or one that is still refused at once, are given as not replayed.
        """


def topic_of_letters(topic: str) -> str:
    """Name the topic of the dead letters of `topic`."""
    return topic + SUFFIX


def encode_letter(letter: DeadLetter) -> Record:
    """Give the record that carries `letter`."""
    own = [
        ("dlq_reason", letter.reason.encode(errors="replace")[:_REASON_BYTES]),
        ("dlq_at", b"%d" % letter.at),
        ("dlq_partition", b"%d" % letter.partition),
        ("dlq_offset", b"%d" % letter.offset),
    ]
    if letter.is_cut:
        own.append(("dlq_cut", b"1"))
    record = letter.record
    return attrs.evolve(
        record,
        topic=topic_of_letters(record.topic),
        value=None if letter.is_cut else record.value,
        headers=(*_theirs(record), *own),
    )


def decode_letter(record: Record) -> DeadLetter:
    """Read a letter; whatever stands in that topic is one, though little may be known of it."""
    said = dict(record.headers)
    return DeadLetter(
        record=attrs.evolve(
            record, topic=record.topic.removesuffix(SUFFIX), headers=_theirs(record)
        ),
        reason=said.get("dlq_reason", b"").decode(errors="replace"),
        at=max(0, _number(said, "dlq_at", 0)),
        partition=_number(said, "dlq_partition", -1),
        offset=_number(said, "dlq_offset", -1),
        is_cut="dlq_cut" in said,
    )


def mark(topic: str, offset: int) -> Record:
    """Give the mark that the letters in `topic` before `offset` were sent again."""
    return Record(topic_of_letters(topic), b"", None, ((_REPLAYED, b"%d" % offset),))


def marked(record: Record) -> int | None:
    """Give the offset that a mark tells of; None for anything else, which is a letter."""
    said = dict(record.headers)
    if record.value is not None or "dlq_reason" in said or _REPLAYED not in said:
        return None
    return max(0, _number(said, _REPLAYED, 0))


def letters_of(
    batch: SpanBatch,
    error: BaseException,
    at: int,
    *,
    spans: str = "spans",
    traces: str = "traces",
    partition: int = -1,
    offset: int = -1,
) -> list[DeadLetter]:
    """Give the letters for a batch that `error` kept from being stored, in records of their own.

    `spans` and `traces` name the topics it could be sent to again.
    """
    reason = reason_of(error)
    return [
        DeadLetter(record, reason, at, partition, offset)
        for record in encode(batch, spans=Topic(spans), traces=Topic(traces))
    ]


def reason_of(error: BaseException) -> str:
    """Say what was wrong, with its cause, for whoever may read the letter as well."""
    said = f"{type(error).__name__}: {error}"
    if error.__cause__ is not None:
        said += f" ({type(error.__cause__).__name__}: {error.__cause__})"
    return said


def _theirs(record: Record) -> tuple[tuple[str, bytes], ...]:
    return tuple(each for each in record.headers if each[0] not in _OURS)


def _number(said: dict[str, bytes], name: str, unknown: int) -> int:
    digits = said.get(name, b"")
    return int(digits) if _NUMBER.fullmatch(digits) else unknown
