"""Finding aspects without a key: sentence by sentence, by words for a side and for a feeling."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


def _find(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    post = inputs["post"]
    found: dict[str, Mapping[str, Any]] = {}
    for text in (post["title"], post["text"]):
        sound = " ".join(without_demands(text).split())
        for sentence in _sentences(text):
            # What is addressed to whoever reads is nothing that is said about a product.
            if " ".join(sentence.split()) not in sound:
                continue
            side = next((name for name, words in _SIDES.items() if words.search(sentence)), None)
            felt = _felt(sentence)
            if side is not None and felt is not Sentiment.NEUTRAL:
                found.setdefault(
                    side, {"name": side, "sentiment": str(felt), "quote": sentence[:_LONGEST]}
                )
    return {"aspects": list(found.values())[:8]}


def _sentences(text: str) -> Iterator[str]:
    for found in _SENTENCE.finditer(text):
        if sentence := found[0].strip():
            yield sentence


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
