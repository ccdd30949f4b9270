"""Weeks, which reports are about: from Monday to Sunday, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Self

import attrs

__all__ = ["Week"]


@attrs.frozen
class Week:
    """The week that begins at `since`, a Monday's midnight, as ISO 8601 counts them."""

    since: datetime

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """Give the week that `moment` lies in."""
        date = moment.astimezone(UTC).date()
        monday = date - timedelta(days=date.weekday())
        return cls(datetime.combine(monday, time(), UTC))

    @property
    def until(self) -> datetime:
        """The midnight that ends it."""
        return self.since + timedelta(days=7)

    @property
    def name(self) -> str:
        """What it is called: `2026-W48`."""
        year, week, _ = self.since.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def before(self) -> Week:
        """The week before."""
        return Week(self.since - timedelta(days=7))
