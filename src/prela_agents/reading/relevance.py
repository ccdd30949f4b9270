"""Whether a text is about a product, or about something else with its name.

Evidence is added up: words that go with the product, words of software in general, words of other
things, and how the name itself is used. A name alone proves nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from prela_agents.reading.other_words import OTHER_WORDS
from prela_agents.reading.software_words import (
    AMBIGUOUS_WORDS,
    SOFTWARE_SIGNS,
    SOFTWARE_WORDS,
)

__all__ = ["relevance_of"]

_NAMED, _NAMELESS = -0.3, -1.7
"""A name without anything beside it is more often something else. Where it stands in the
conversation and not in the message, words must say more."""
_NEAR, _FAR, _SOFTWARE, _OTHER, _UNMISTAKABLE = 1.6, -2.4, 0.8, -1.6, 4.0
_MOST_SOFTWARE, _MOST_OTHER = 4, 2
"""Words that count at most: a long post has some by chance."""

_OTHER_SCRIPT = re.compile(r"[\u0400-\u04ff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_TYPES = re.compile(
    r"`[^`\n]+`|--[a-z][a-z-]+|\b[a-z]+\(\)|\b[A-Z][A-Za-z]+Error\b|/v\d/|\b[45]0\d\b"
)
"""What is typed, called or returned: code, options, errors, codes of HTTP."""


def relevance_of(
    text: str, name: str, aliases: Sequence[str], near: Sequence[str], far: Sequence[str]
) -> float:
    """Give how sure it is, from 0 to 1, that `text` is about the product of this name."""
    lower = text.casefold()
    spelled = [each for each in aliases if not each.isalpha() and _has(lower, each.casefold())]
    called = re.findall(rf"(?<![\w$])@?{re.escape(name)}(?!\w)", text, re.IGNORECASE)
    named = bool(called) or any(_has(lower, each.casefold()) for each in aliases)
    evidence = _NAMED if named else _NAMELESS
    evidence += _UNMISTAKABLE * bool(spelled)
    evidence += _NEAR * min(sum(_has(lower, each.casefold()) for each in near), 3)
    evidence += _FAR * sum(_has(lower, each.casefold()) for each in far)
    words = set(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", lower))
    evidence += _SOFTWARE * min(
        len(words & SOFTWARE_WORDS)
        + len(words & AMBIGUOUS_WORDS) / 2
        + sum(each in text for each in SOFTWARE_SIGNS)
        + len(_TYPES.findall(text)),
        _MOST_SOFTWARE,
    )
    evidence += _OTHER * min(len(words & OTHER_WORDS), _MOST_OTHER)
    evidence += _use_of_the_name(text, name)
    return round(1 / (1 + math.exp(-evidence)), 3)


_USES = (
    (r"\b(?:aunt|uncle|dr\.?|mr\.?|mrs\.?|ms\.?|miss|san|hotel|ulica|via) NAME\b", -3.0),
    (r"\b(?:named?|called|chapter|mascot is|meet) (?:my [\w ]{1,24})?[\"“']?NAME\b", -2.0),
    (r"\b(?:my|her|his) (?:cat|dog|horse|baby|\w+ llm) NAME\b", -3.0),
    (r"\bNAME(?:'s)?\b[^.!?]{0,60}\b(?:she|her|herself)\b", -2.0),
    (r"\$NAME\b|\bNAME (?:token|coin)\b|\btoken NAME\b", -4.0),
    (r"[\"“]NAME[\"”]", -1.5),
    (r"\bNAME-?\d+\b(?!\.)|\bNAME \d+\b(?!\.)", -1.5),
    (r"\bNAMEs\b(?!')", -1.5),
    (r"\bNAME and (?-i:[A-Z])\w+\b(?= (?:on|et)\b)", -1.5),
    (
        r"\b(?:on|in|with|to|from|of|using|against|behind|under|about|für|mit|bei|avec) NAME\b",
        0.4,
    ),
    (
        r"\bNAME (?:is|has|does|can|could|should|vs|or|and|isn't|doesn't|doesnt|needs?|took)\b",
        0.3,
    ),
    (
        r"\bNAME's (?:\w+ ){0,2}(?:api|cli|docs?|sdk|server|query|deployment|readme|store)\b",
        1.5,
    ),
)
"""How a name stands in a sentence: somebody's, a thing's, or a tool's."""


def _use_of_the_name(text: str, name: str) -> float:
    """Judge how the name stands there: a tool's name, or somebody's."""
    said = re.escape(name)
    found = 0.0
    for pattern, weight in _USES:
        if re.search(pattern.replace("NAME", said), text, re.IGNORECASE):
            found += weight
    # "Prela Health", "Prela Realty": another name that begins alike.
    for follower in re.findall(rf"\b{name} ([A-Z][a-z]+)\b", text):
        if follower.casefold() not in SOFTWARE_WORDS:
            found -= 1.5
    if _OTHER_SCRIPT.search(text) and re.search(
        rf"\b{said}\b(?!\))", text, re.IGNORECASE | re.ASCII
    ):
        found += 0.8  # names of people and places are written in one's own script
    if name.upper() in text and len(name) > 3:  # noqa: PLR2004 - an abbreviation of that length
        found -= 2.0
    if re.search(rf"\b{said[:-1]}[àáâèéêìíòóùú]", text, re.IGNORECASE):
        found -= 3.0
    return found


def _has(text: str, phrase: str) -> bool:
    at = text.find(phrase)
    while at >= 0:
        after = at + len(phrase)
        if not (at and text[at - 1].isalnum() and phrase[0].isascii()) and not (
            after < len(text)
            and text[after].isalnum()
            and text[after].isascii()
            and phrase[-1].isalnum()
        ):
            return True
        at = text.find(phrase, at + 1)
    return False
