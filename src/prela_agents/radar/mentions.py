"""Mentions as a curve of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from prela_agents.model import Mention, Metric, Snapshot
from prela_agents.radar.days import midnight

__all__ = ["mention_counts"]


def mention_counts(
    mentions: Iterable[Mention], products: Sequence[str], judge: str, until: datetime
) -> list[Snapshot]:
    """Count mentions by the day and product, up to the last whole day before `until`.

    Only what `judge` said counts. A product that nobody named has none on days on which somebody
    named another one; a day without any mention at all is one on which nobody listened, as far as
    can be told, and stays missing.
    """
    counts: Counter[tuple[datetime, str]] = Counter()
    days: set[datetime] = set()
    for each in mentions:
        day = midnight(each.item.created_at)
        if each.judge == judge and each.relevant and day < midnight(until):
            counts[day, each.product] += 1
            days.add(day)
    return [
        Snapshot(product=product, metric=Metric.MENTIONS, at=day, value=counts[day, product])
        for day in sorted(days)
        for product in products
    ]
