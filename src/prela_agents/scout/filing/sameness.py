"""Whether two issues tell of one problem, by the concepts they have in common.

Likeness of words can't tell: two bugs of one area share most of them. So what goes wrong counts for
most, where it goes wrong for less, and other words hardly.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files

import attrs

from prela_agents.index.stop_words import STOP_WORDS

__all__ = ["sameness"]

_SYMPTOMS, _ALL_SYMPTOMS, _PLACES, _NAMES, _WORDS, _BIAS = 3.2, 3.6, 1.2, 1.5, 0.5, -4.9
"""Weights, fitted to the development half of the golden pairs and rounded."""

_TABLES = tomllib.loads(files(__package__).joinpath("concepts.toml").read_text(encoding="utf-8"))


def _compiled(table: Mapping[str, Sequence[str]]) -> Mapping[str, re.Pattern[str]]:
    return {
        concept: re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)
        for concept, words in table.items()
    }


_SYMPTOM, _PLACE, _WISH = (_compiled(_TABLES[name]) for name in ("symptom", "place", "wish"))
_NAME = re.compile(
    r"--[a-z-]+|[A-Z][A-Z_]{4,}|\b[A-Za-z]+Error\b|\bprela [a-z]+\b|/[a-z0-9_/]+|\b\d{3}\b"
    r"|\b\d+ (?:GB|MB)\b|[a-z]+_[a-z_.]+|\b\d+\.\d+\b"
)
"""Options, variables, errors, commands, paths, codes, sizes, versions: what is spelled one way."""

_ERROR = re.compile(r"\b[45]\d\d\b|\b[A-Za-z]+Error\b")
_FAR_APART = 4


@attrs.frozen
class _Sketch:
    wishes: bool
    symptoms: frozenset[str]
    places: frozenset[str]
    names: frozenset[str]
    errors: frozenset[str]
    words: frozenset[str]


def sameness(first: str, second: str) -> float:
    """Give how sure it is, from 0 to 1, that both texts tell of the same problem."""
    a, b = _wished(_sketch(first), _sketch(second))
    if _apart(a, b):
        return 0.0
    evidence = (
        _SYMPTOMS * _shared(a.symptoms, b.symptoms)
        + _ALL_SYMPTOMS * _covered(a.symptoms, b.symptoms)
        + _PLACES * _shared(a.places, b.places)
        + _NAMES * _shared(a.names, b.names)
        + _WORDS * _shared(a.words, b.words)
        + _BIAS
    )
    return round(1 / (1 + math.exp(-evidence)), 3)


def _apart(a: _Sketch, b: _Sketch) -> bool:
    """Say whether they can't be one, however much else they share.

    A bug filed twice costs a minute; two that were taken for one cost the bug. So they are apart
    with nothing in common to stand on, when each tells of something that the other does not, when
    another error is named, or when they are mostly in different places.
    """
    return (
        not (a.places & b.places or a.names & b.names)
        or bool(a.symptoms - b.symptoms and b.symptoms - a.symptoms)
        or bool(a.errors and b.errors and not a.errors & b.errors)
        or len(a.places ^ b.places) >= _FAR_APART
    )


def _sketch(text: str) -> _Sketch:
    symptoms = frozenset(name for name, words in _SYMPTOM.items() if words.search(text))
    wishes = any(words.search(text) for words in _WISH.values())
    places = frozenset(name for name, words in _PLACE.items() if words.search(text))
    return _Sketch(
        wishes=wishes,
        symptoms=symptoms,
        places=places,
        names=frozenset(name.casefold() for name in _NAME.findall(text)),
        errors=frozenset(name.casefold() for name in _ERROR.findall(text)),
        words=frozenset(
            re.sub(r"(?:ing|ed|es|s|ly)$", "", word) if len(word) > 4 else word  # noqa: PLR2004
            for word in re.findall(r"[a-z][a-z-]+", text.casefold())
            if word not in STOP_WORDS
        ),
    )


def _wished(first: _Sketch, second: _Sketch) -> tuple[_Sketch, _Sketch]:
    """Take what is wished for as the symptom where none is told: that it is not there yet.

    People wish in more ways than can be listed, so one of the two that says so is enough.
    """
    if not (first.wishes or second.wishes):
        return first, second
    return _missing(first), _missing(second)


def _missing(sketch: _Sketch) -> _Sketch:
    if sketch.symptoms:
        return sketch
    return attrs.evolve(sketch, symptoms=frozenset(f"no {place}" for place in sketch.places))


def _shared(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second) if first | second else 0.0


def _covered(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / min(len(first), len(second)) if first and second else 0.0
