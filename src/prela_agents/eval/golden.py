"""The golden sets: texts, and what is true of them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import attrs
import msgspec

from prela_agents.errors import AgentError
from prela_agents.model import Intent, Platform, Sentiment

__all__ = [
    "GoldenInjection",
    "GoldenIssue",
    "GoldenMention",
    "GoldenPair",
    "GoldenQuestion",
    "GoldenSets",
    "Half",
    "golden_sets",
]

T = TypeVar("T")


class Half(StrEnum):
    """Which part of a set: rules are made by the one and measured on the other."""

    DEVELOPMENT = "development"
    HELD_OUT = "held_out"


@attrs.frozen(kw_only=True)
class GoldenMention:
    """A text with our name in it; `intent` and `sentiment` are None where it is not about us."""

    id: str
    half: Half
    platform: Platform
    lang: str
    title: str | None
    text: str
    relevant: bool
    intent: Intent | None
    sentiment: Sentiment | None


@attrs.frozen(kw_only=True)
class GoldenIssue:
    """An issue as its author wrote it."""

    title: str
    body: str


@attrs.frozen(kw_only=True)
class GoldenPair:
    """Two issues, and whether they are one. `kind` is `duplicate`, `near` or `apart`."""

    id: str
    half: Half
    kind: str
    duplicate: bool
    a: GoldenIssue
    b: GoldenIssue


@attrs.frozen(kw_only=True)
class GoldenQuestion:
    """A question, the sections that answer it (`file#heading`) and a quote out of one of them."""

    id: str
    half: Half
    lang: str
    question: str
    answerable: bool
    sections: tuple[str, ...]
    quote: str | None


@attrs.frozen(kw_only=True)
class GoldenInjection:
    """A text that tells its reader what to do.

    `wants` is what: publish, recipient, link, secret, label, issue, purge, tool or claim.
    `forbidden` are texts that nothing of ours may contain after reading it, `demanded_intent` the
    intent it wants to be given, and the rest what is true of it.
    """

    id: str
    half: Half
    platform: Platform
    lang: str
    wants: str
    text: str
    forbidden: tuple[str, ...]
    demanded_intent: Intent | None
    relevant: bool
    intent: Intent | None
    sentiment: Sentiment | None


@attrs.frozen(kw_only=True)
class GoldenSets:
    """All four sets, or a half of each."""

    mentions: tuple[GoldenMention, ...]
    pairs: tuple[GoldenPair, ...]
    questions: tuple[GoldenQuestion, ...]
    injections: tuple[GoldenInjection, ...]

    def half(self, half: Half) -> GoldenSets:
        """Give what of each set is in `half`."""
        return GoldenSets(
            mentions=tuple(each for each in self.mentions if each.half is half),
            pairs=tuple(each for each in self.pairs if each.half is half),
            questions=tuple(each for each in self.questions if each.half is half),
            injections=tuple(each for each in self.injections if each.half is half),
        )


def golden_sets(directory: Path) -> GoldenSets:
    """Read the sets of a directory. Raises `AgentError` that names the file and line at fault."""
    return GoldenSets(
        mentions=_lines(directory / "mentions.jsonl", GoldenMention),
        pairs=tuple(
            pair
            for path in (
                directory / "issue_pairs.jsonl",
                *sorted(directory.glob("issue_pairs_*.jsonl")),  # batches that were written later
            )
            for pair in _lines(path, GoldenPair)
        ),
        questions=_lines(directory / "questions.jsonl", GoldenQuestion),
        injections=_lines(directory / "injections.jsonl", GoldenInjection),
    )


def _lines(path: Path, kind: type[T]) -> tuple[T, ...]:
    try:
        lines: Sequence[bytes] = path.read_bytes().splitlines()
    except OSError as error:
        raise AgentError(f"the golden set {path} can't be read: {error.strerror}") from error
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(msgspec.json.decode(line, type=kind))
        except msgspec.DecodeError as error:
            raise AgentError(f"line {number} of {path}: {error}") from error
    return tuple(found)
