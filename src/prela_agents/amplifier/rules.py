"""Writing and claims without a key: sentences of the source, as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from prela_agents.amplifier.claims import CLAIMS
from prela_agents.amplifier.writing import WRITE, plain
from prela_agents.index.cutting import paragraphs
from prela_agents.models.rules import Rules

__all__ = ["RULES"]

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*\"])")
_LONGEST, _SHORTEST, _ENOUGH = 240, 25, 7
_HANGS = re.compile(
    r"^(?:it|this|that|these|those|they|he|she|and|but|so|or|here|there|else)\b", re.IGNORECASE
)
"""Sentences that need the one before."""


def _write(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    each_gives = max(2, _ENOUGH // max(len(inputs["passages"]), 1))
    found = [
        (number, sentence)
        for number, each in enumerate(inputs["passages"])
        for sentence in _first_sentences(each["text"], each_gives)
    ]
    points = [re.sub(r":$", ".", plain(sentence)) for _, sentence in found]
    return {
        "title": plain(inputs["headline"])[:120],
        "hook": points[0] if points else "",
        "points": points[1:7] or points[:1],
        "quotes": [{"passage": number, "text": sentence} for number, sentence in found[:4]],
    }


def _first_sentences(text: str, most: int) -> Iterator[str]:
    """Give the first sentences that stand on their own: of prose, or of a list's entries."""
    given = 0
    for block in paragraphs(text):
        if block.lstrip().startswith(("```", "|", ">", "<!--", "#")):
            continue
        for line in re.split(r"\n(?=\s*[-*] )", block):
            entry = re.sub(r"^\s*[-*] (?:\[[ x]\] )?", "", line)
            if entry != line and entry.startswith("**"):
                continue  # a term and its meaning: half a sentence, however it ends
            for sentence in _SENTENCE.split(entry):
                flat = plain(sentence)
                if (
                    _SHORTEST <= len(flat) <= _LONGEST
                    and len(sentence) <= _LONGEST
                    and flat.endswith((".", ":"))
                    and not _HANGS.search(flat)
                    and "](" not in sentence
                    and "http" not in sentence
                ):
                    yield sentence
                    given += 1
                    if given == most:
                        return


_TELLS = re.compile(
    r"[$€£]\s?\d|\b\d[\d,.]*\s?(?:%|k|m|gb|mb|users?|seats?|events?|spans?|days?|months?|ms)\b"
    r"|\b(?:free|open[- ]source|self-host\w*|licen[cs]e\w*|pricing|per (?:month|seat|user)|sso"
    r"|retention|soc ?2|kubernetes|docker|clickhouse|postgres\w*|opentelemetry|python|sdks?"
    r"|typescript|evaluations?|prompts?|datasets?|alerts?|support(?:s|ed)?|requires?|limits?"
    r"|unlimited)\b",
    re.IGNORECASE,
)
"""What a claim can be checked by: a figure, a condition, a part that is there."""


def _claims(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    found, name = [], inputs["product"]
    for line in inputs["text"].splitlines():
        for sentence in _SENTENCE.split(line.strip()):
            weight = len({each.casefold() for each in _TELLS.findall(sentence)})
            if weight and _SHORTEST <= len(sentence) <= _LONGEST:
                found.append((weight, sentence))
    best = sorted(found, key=lambda each: -each[0])[:8]
    return {
        "claims": [{"text": f"{name} says: {sentence}", "quote": sentence} for _, sentence in best]
    }


RULES: Rules = {WRITE: _write, CLAIMS: _claims}
