"""When the next run is."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
from cronsim import CronSim, CronSimError

from prela_core.errors import SettingsError

__all__ = ["Cron", "Every", "Schedule"]


@attrs.frozen
class Every:
    """Again `interval` after the last one started; at once where that has passed already."""

    interval: timedelta

    def after(self, started: datetime, now: datetime) -> datetime:
        """Give when to run next."""
        return max(started + self.interval, now)


@attrs.frozen
class Cron:
    """At the times of a line of cron with five fields, in UTC: `0 6 * * 1`.

    Raises `SettingsError` for what is none.
    """

    line: str = attrs.field()

    @line.validator
    def _is_one(self, _: object, line: str) -> None:
        try:
            CronSim(line, datetime(2000, 1, 1))  # noqa: DTZ001 - only read
        except CronSimError as error:
            raise SettingsError(
                f"{line!r} is no line of cron ({error}); write '0 6 * * 1'"
            ) from error

    def after(self, started: datetime, now: datetime) -> datetime:
        """Give when to run next; times that passed during the last run are left out."""
        found: datetime = next(CronSim(self.line, max(started, now)))
        return found


Schedule = Every | Cron
