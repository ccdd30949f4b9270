"""Who and what there is: services, models, users and the like as lists, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import attrs

from prela_core.ask import Condition
from prela_core.errors import InvalidError
from prela_core.store.filters import SpanFilter
from prela_core.store.metrics import Dimension

__all__ = ["LISTS", "GroupOrder", "GroupQuery", "GroupSummary"]

LISTS: Mapping[Dimension, str] = MappingProxyType(
    {
        Dimension.SERVICE: "services",
        Dimension.MODEL: "models",
        Dimension.PROVIDER: "providers",
        Dimension.AGENT: "agents",
        Dimension.TOOL: "tools",
        Dimension.USER: "users",
        Dimension.SESSION: "sessions",
        Dimension.ENVIRONMENT: "environments",
        Dimension.NAME: "names",
    }
)
"""The fields whose values are listed, and what many of them are called."""


class GroupOrder(StrEnum):
    """How groups are ordered; ties are broken by name, so that paging is exact."""

    LAST_SEEN = "-last_seen"
    FIRST_SEEN = "first_seen"
    NAME = "name"
    MOST_SPANS = "-span_count"
    MOST_TRACES = "-trace_count"
    MOST_ERRORS = "-error_count"
    MOST_TOKENS = "-total_tokens"
    DEAREST = "-cost_usd"

    @property
    def field(self) -> str:
        """What is ordered by."""
        return self.value.removeprefix("-")

    @property
    def descending(self) -> bool:
        """True when the largest value comes first."""
        return self.value.startswith("-")


@attrs.frozen(kw_only=True)
class GroupQuery:
    """The values of the field `by` among spans that start in a window (microseconds).

    `start_time <= started_at < end_time`. Spans that do not say the field are passed over.
    Only spans that meet `where` count, a condition as `prela_core.ask.parse` reads it for
    `Subject.SPAN`.
    """

    by: Dimension
    where: Condition | None = None
    start_time: int | None = None
    end_time: int | None = None
    order: GroupOrder = GroupOrder.LAST_SEEN

    def __attrs_post_init__(self) -> None:
        """Refuse, with `InvalidError`, a field of which there is no list."""
        if self.by not in LISTS:
            raise InvalidError(f"there is no list of {self.by}: take one of {', '.join(LISTS)}")

    @property
    def spans(self) -> SpanFilter:
        """The spans that are looked at."""
        return SpanFilter(where=self.where, start_time=self.start_time, end_time=self.end_time)

    def at(self, now: int) -> GroupQuery:
        """Say the same with moments in the place of times from `now` (microseconds)."""
        return attrs.evolve(self, **attrs.asdict(self.spans.at(now), recurse=False))


@attrs.frozen(kw_only=True, slots=False)
class GroupSummary:
    """A service, a model, a user or the like, and what its spans come to.

    Tokens and cost count as in `Measure`. `first_seen` and `last_seen` are the starts of its
    earliest and latest span.
    """

    name: str
    span_count: int
    trace_count: int
    error_count: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    first_seen: datetime
    last_seen: datetime
