"""One measure of one product at one time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

__all__ = ["Metric", "Snapshot"]


class Metric(StrEnum):
    """What is counted."""

    STARS = "stars"
    FORKS = "forks"
    WATCHERS = "watchers"
    OPEN_ISSUES = "open_issues"
    """GitHub counts open pull requests among them."""
    DOWNLOADS = "downloads"
    """From PyPI within the day that `at` begins, mirrors left out."""
    MEMBERS = "members"
    """Of the Discord guild."""
    ONLINE = "online"
    SUBSCRIBERS = "subscribers"
    """Of the subreddit."""
    MENTIONS = "mentions"
    """Relevant ones within the day that `at` begins."""


@attrs.frozen(kw_only=True)
class Snapshot:
    """`value` of `metric` for `product` at `at`; of a measure by the day, `at` is its midnight.

    `value` is None where it was asked for and not given: missing is not zero. `url` is where
    anyone can see it.
    """

    product: str
    metric: Metric
    at: datetime
    value: float | None
    url: str = ""
