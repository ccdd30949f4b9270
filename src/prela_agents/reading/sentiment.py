"""How the author of a text feels about the product."""

from __future__ import annotations

from prela_agents.model import Intent, Sentiment
from prela_agents.reading.cues import pattern, table

__all__ = ["sentiment_of"]

_TABLE = table("sentiments.toml")
_GOOD, _BAD, _PLAIN = (pattern(_TABLE[name]) for name in ("good", "bad", "plain"))


def sentiment_of(text: str, intent: Intent) -> Sentiment:
    """Give how `text` sounds, which its intent says half of."""
    if intent in _CERTAIN:
        return _CERTAIN[intent]
    if intent is Intent.BUG:
        return Sentiment.NEUTRAL if _PLAIN.search(text) else Sentiment.NEGATIVE
    good, bad = len(_GOOD.findall(text)), len(_BAD.findall(text))
    if good == bad:
        return Sentiment.MIXED if good and intent in _WEIGHING else Sentiment.NEUTRAL
    # Of those who only ask, one strong word is no feeling yet.
    if max(good, bad) < (1 if intent in _WEIGHING else 2):
        return Sentiment.NEUTRAL
    return Sentiment.POSITIVE if good > bad else Sentiment.NEGATIVE


_CERTAIN = {Intent.PRAISE: Sentiment.POSITIVE, Intent.COMPLAINT: Sentiment.NEGATIVE}
_WEIGHING = frozenset({Intent.COMPARISON, Intent.SHOWCASE})
