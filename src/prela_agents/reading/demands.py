"""Sentences that tell whoever reads them what to do.

Rules count words, so words that somebody put there for them must not count. This is no wall: what
keeps a text from doing anything is that a reading can do nothing.
"""

from __future__ import annotations

import re

from prela_agents.reading.cues import pattern, table

__all__ = ["demands_of", "without_demands"]

_TABLE = table("demands.toml")
_HIDDEN, _TAKES_OVER, _DEMAND = (pattern(_TABLE[name]) for name in ("hidden", "over", "demand"))
_CLAUSE = re.compile(r"[,;:]\s|\s(?:and|und|et|y|e)\s")
_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")  # noqa: RUF001 - Chinese sentences end so


def without_demands(text: str) -> str:
    """Give `text` without what is addressed to its reader instead of to people."""
    return _parted(text)[0]


def demands_of(text: str) -> tuple[str, ...]:
    """Give what is left out, for somebody to look at."""
    return _parted(text)[1]


def _parted(text: str) -> tuple[str, tuple[str, ...]]:
    demands = [found.strip() for found in _HIDDEN.findall(text)]
    text = _HIDDEN.sub(" ", text)
    kept = []
    sentences = [each for each in _END.split(text) if each]
    for at, sentence in enumerate(sentences):
        over = _TAKES_OVER.search(sentence)
        if over and (at or over.start()):
            kept.append(sentence[: over.start()])
            demands.extend([sentence[over.start() :], *sentences[at + 1 :]])
            break
        if over:
            demands.append(sentence)
        elif found := _DEMAND.search(sentence):
            clause = _clause(sentence, found.start())
            kept.append(sentence[:clause])
            demands.append(sentence[clause:])
        else:
            kept.append(sentence)
    return "\n".join(kept), tuple(demands)


def _clause(sentence: str, at: int) -> int:
    """Give where the clause that holds position `at` begins."""
    ends = [each.end() for each in _CLAUSE.finditer(sentence, 0, at + 1)]
    return ends[-1] if ends else 0
