"""Answering without a key: the sentences of the docs that say most of what was asked.

It refuses whenever a good part of the question's words, by their weight, is in no passage: silence
costs a person one answer, a wrong one costs their trust.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from prela_agents.index.cutting import paragraphs
from prela_agents.models.rules import Rules
from prela_agents.scout.answering.lookup import stems
from prela_agents.scout.answering.request import ANSWER

__all__ = ["RULES"]

_PASSAGE_SAYS, _SENTENCE_SAYS, _ALIKE = 0.55, 0.6, 0.4
"""Shares of the question, and likeness: of the golden questions to develop with, with these no
unanswerable one is answered, and a quarter of the others is not either."""

_LOWER, _CODE = 0.3, 0.2
"""What each place further down costs, and code, which shows more than it says."""
_LONGEST = 420
_SENTENCE = re.compile(r"(?<=[.:;!?])\s+(?=[A-Z`*\"\d-])")


def _answer(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    passages: Sequence[Mapping[str, Any]] = inputs["passages"]
    weights: Mapping[str, float] = inputs["weights"]
    refusal = {"answered": False, "text": "", "quotes": []}
    whole = sum(weights.values())
    if not passages or not whole:
        return refusal

    def says(text: str) -> float:
        said = set(stems(text))
        return sum(weight for stem, weight in weights.items() if stem in said) / whole

    best_passage = max(
        says(f"{each['path']}\n{each['title']}\n{each['text']}") for each in passages
    )
    found = [
        (_fit(says, each, number, sentence), number, sentence)
        for number, each in enumerate(passages)
        for sentence in _sentences(each["text"])
    ]
    if not found or best_passage < _PASSAGE_SAYS:
        return refusal
    _, number, sentence = max(found, key=lambda each: each[0])
    said = says(f"{passages[number]['title']}\n{sentence}")
    if said < _SENTENCE_SAYS and max(each["likeness"] for each in passages) < _ALIKE:
        return refusal
    return {"answered": True, "text": "", "quotes": [{"passage": number, "text": sentence}]}


def _fit(
    says: Callable[[str], float], passage: Mapping[str, Any], number: int, sentence: str
) -> float:
    """Weigh a sentence: what it says alone and below its heading, and how well its passage fits."""
    is_code = sentence.lstrip().startswith("```")
    return (
        says(sentence)
        + says(f"{passage['title']}\n{sentence}")
        + float(passage["likeness"])
        - _LOWER * number
        - _CODE * is_code
    )


def _sentences(text: str) -> Iterator[str]:
    """Give what can be quoted: one or two sentences, a row of a table, a short block of code."""
    for block in paragraphs(text):
        if block.lstrip().startswith("```"):
            if len(block) <= _LONGEST:
                yield block
        elif block.lstrip().startswith("|"):
            yield from (row for row in block.splitlines() if not set(row) <= set("|-: "))
        else:
            sentences = [each for each in _SENTENCE.split(block) if each.strip()]
            for at, sentence in enumerate(sentences):
                pair = block[block.index(sentence) :]
                if at + 1 < len(sentences):
                    after = sentences[at + 1]
                    pair = pair[: pair.index(after) + len(after)]
                yield pair if len(pair) <= _LONGEST else sentence[:_LONGEST]


RULES: Rules = {ANSWER: _answer}
