"""Finding aspects without a key: sentence by sentence, by words for a side and for a feeling."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from prela_agents.model import Intent, Sentiment
from prela_agents.models.rules import Rules
from prela_agents.reading import sentiment_of, without_demands
from prela_agents.sentinel.aspects.request import FIND

__all__ = ["RULES"]

_LONGEST = 400


def _words(text: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(text.split())})\b", re.IGNORECASE)


_SIDES: Mapping[str, re.Pattern[str]] = {
    "pricing": _words(
        r"pric(?:e|es|ed|ey|ing) bill(?:s|ed|ing)? costs? expensive cheap(?:er)? per.seat "
        r"free.tier invoices? overcharged affordable"
    ),
    "docs": _words(r"docs? documentation tutorials? quickstart examples? guides? readme"),
    "performance": _words(
        r"slow(?:er|ly)? fast(?:er)? latency lag(?:s|gy)? memory cpu speed snappy performance "
        r"seconds sluggish instant(?:ly)?"
    ),
    "reliability": _words(
        r"crash(?:es|ed|ing)? down outages? lost los(?:e|es|ing) reliab(?:le|ility) "
        r"stab(?:le|ility) unstable data.loss bugs? buggy flaky broken drop(?:s|ped) 50\d errors?"
    ),
    "setup": _words(
        r"install(?:s|ed|ing|ation)? set.?up deploy(?:s|ed|ing|ment)? self.host(?:ed|ing)? docker "
        r"helm kubernetes k8s upgrad(?:e|ed|es|ing) migrat(?:e|ed|ion|ing) compose"
    ),
    "integrations": _words(
        r"integrat(?:e|es|ed|ion|ions) plug-?ins? langchain langgraph llamaindex opentelemetry "
        r"otel sdks? webhooks? connectors?"
    ),
    "support": _words(
        r"support.team customer.support maintainers? respon(?:ded|se|sive) replied discord "
        r"tickets?"
    ),
    "usability": _words(
        r"ui ux interface dashboards? easy intuitive confusing clunky cluttered clean "
        r"learning.curve usable"
    ),
    "features": _words(
        r"features? missing lacks? alerts? evals? evaluations? prompts? playground search filters?"
    ),
}
"""Sides, the most telling first: a sentence about the price of support is about the price."""

_GOOD = _words(
    r"fast(?:er)? snappy instant(?:ly)? cheap(?:er)? affordable generous easy intuitive clean "
    r"love great excellent solid reliable stable rock.solid responsive painless smooth(?:ly)? "
    r"works.well just.worked clear helpful best impressed nice wonderful worth"
)
_BAD = _words(
    r"slow(?:er|ly)? sluggish lag(?:s|gy)? expensive pricey overcharged doubled lost "
    r"crash(?:es|ed|ing)? los(?:e|es|ing) flaky unstable buggy broken outages? confusing clunky "
    r"cluttered outdated missing lacks? painful pain nightmare hate awful terrible worst hard "
    r"impossible no.response never.responded gave.up stuck fails? failed wrong"
)
_NOT = re.compile(
    r"\b(?:not|isn't|wasn't|aren't|never|no|hardly|without)\b[^.,;]{0,16}$", re.IGNORECASE
)
_END = re.compile(
    r"(?<=[.!?])\s+|\n+|;\s+|,?\s+(?:but|yet|though|although|however)\s+", re.IGNORECASE
)
"""Where a sentence ends, or turns: people praise one side and fault another in one breath."""


def _find(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    post = inputs["post"]
    ours, others = _named(inputs["product"]), _named(inputs["others"])
    found: dict[str, Mapping[str, Any]] = {}
    meant = True
    for text in (post["title"], post["text"]):
        sound = " ".join(without_demands(text).split())
        for sentence in filter(None, map(str.strip, _END.split(text))):
            # A sentence that names nobody goes on about whom the one before named.
            if ours.search(sentence) or others.search(sentence):
                meant = ours.search(sentence) is not None
            # What is addressed to whoever reads is nothing that is said about a product.
            if not meant or " ".join(sentence.split()) not in sound:
                continue
            side = next((name for name, words in _SIDES.items() if words.search(sentence)), None)
            felt = _felt(sentence)
            if side is not None and felt is not Sentiment.NEUTRAL:
                found.setdefault(
                    side, {"name": side, "sentiment": str(felt), "quote": sentence[:_LONGEST]}
                )
    return {"aspects": list(found.values())[:8]}


def _named(names: Sequence[str]) -> re.Pattern[str]:
    either = "|".join(map(re.escape, names))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)" if either else r"(?!)", re.IGNORECASE)


def _felt(sentence: str) -> Sentiment:
    good, bad = 0, 0
    for words, sign in ((_GOOD, 1), (_BAD, -1)):
        for found in words.finditer(sentence):
            turned = -sign if _NOT.search(sentence[: found.start()]) else sign
            good, bad = good + (turned > 0), bad + (turned < 0)
    if good == bad:
        return Sentiment.MIXED if good else sentiment_of(sentence, Intent.COMPARISON)
    return Sentiment.POSITIVE if good > bad else Sentiment.NEGATIVE


RULES: Rules = {FIND: _find}
