"""Which files of a folder a query is about: all text files, scored by its words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import attrs

from examples.file_agent.terms import times_in

__all__ = ["Hit", "is_text", "rank", "text_files"]

_GENERATED = frozenset({"__pycache__", "build", "dist", "node_modules"})
_LARGEST_BYTES = 512 * 1024
_SNIFFED_BYTES = 1024
_LINES_SHOWN = 3
_ENOUGH_OF_A_WORD = 2.0


@attrs.frozen
class Hit:
    """A file that holds words of the query: its best lines, each with its number from 1."""

    path: str
    score: float
    lines: tuple[tuple[int, str], ...]


def is_text(head: bytes) -> bool:
    """Tell a file of text by its first bytes: no NUL among them."""
    return b"\0" not in head


def text_files(folder: Path, skip: AbstractSet[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """Give the path and the text of every readable file.

    Left out are hidden and generated ones, and what lies in a folder whose name is in `skip`.
    """
    unseen = _GENERATED | skip
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") or part in unseen for part in parts):
            continue
        if not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
            continue
        content = path.read_bytes()
        if is_text(content[:_SNIFFED_BYTES]):
            yield "/".join(parts), content.decode("utf-8", "replace")


def rank(
    folder: Path, words: Sequence[str], limit: int, skip: AbstractSet[str] = frozenset()
) -> list[Hit]:
    """Give the `limit` files that fit `words` best.

    A word counts more the fewer files have it; the third time in a file adds little to the
    first two; a word in the file's name counts once more.
    """
    texts = {path: text.lower() for path, text in text_files(folder, skip)}
    holders = {word: sum(times_in(text, word) > 0 for text in texts.values()) for word in words}
    weights = {word: math.log(1 + len(texts) / held) for word, held in holders.items() if held}
    hits = []
    for path, text in texts.items():
        score = 0.0
        for word, weight in weights.items():
            times = times_in(text, word)
            score += weight * times / (times + _ENOUGH_OF_A_WORD)
            score += weight if word in path.lower() else 0.0
        if score:
            hits.append(Hit(path, round(score, 3), _best_lines(text, weights)))
    return sorted(hits, key=lambda hit: (-hit.score, hit.path))[:limit]


def _best_lines(text: str, weights: dict[str, float]) -> tuple[tuple[int, str], ...]:
    scored = [
        (sum(weights[word] for word in weights if times_in(line, word)), number, line.strip())
        for number, line in enumerate(text.splitlines(), start=1)
    ]
    best = sorted((one for one in scored if one[0]), key=lambda one: (-one[0], one[1]))
    return tuple((number, line) for _, number, line in best[:_LINES_SHOWN])
