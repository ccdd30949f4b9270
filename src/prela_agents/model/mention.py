"""What was understood of an item."""

from __future__ import annotations

from enum import StrEnum

import attrs

from prela_agents.model.item import Item

__all__ = ["Aspect", "Intent", "Mention", "Sentiment"]


class Intent(StrEnum):
    """What its author wants."""

    QUESTION = "question"
    BUG = "bug"
    FEATURE_REQUEST = "feature_request"
    PRAISE = "praise"
    COMPLAINT = "complaint"
    COMPARISON = "comparison"
    SHOWCASE = "showcase"
    """Shows what was made with it, or for it."""
    NEWS = "news"
    OTHER = "other"


class Sentiment(StrEnum):
    """How its author feels about the product."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"
    MIXED = "mixed"


@attrs.frozen
class Aspect:
    """What is said about one side of a product, such as `pricing` or `docs`, and in which words.

    `quote` occurs in the item letter by letter.
    """

    name: str
    sentiment: Sentiment
    quote: str


@attrs.frozen(kw_only=True)
class Mention:
    """An item seen from one product.

    `relevance` runs from 0 to 1, and `relevant` says whether it is about the product at all or
    about something else of that name. `judge` is the model that said so: `rules`, or a name such
    as `claude-…`; figures of the two are never mixed.
    """

    item: Item
    product: str
    relevant: bool
    relevance: float
    intent: Intent = Intent.OTHER
    sentiment: Sentiment = Sentiment.NEUTRAL
    aspects: tuple[Aspect, ...] = ()
    judge: str = "rules"
