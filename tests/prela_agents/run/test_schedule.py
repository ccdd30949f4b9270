from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from prela_agents.run.schedule import Cron, Every
from prela_core.errors import SettingsError

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_intervals_are_from_start_to_start() -> None:
    assert NOON + HOUR == Every(HOUR).after(NOON, NOON + HOUR / 2)
    assert NOON + 3 * HOUR == Every(HOUR).after(NOON, NOON + 3 * HOUR)


def test_cron_leaves_out_what_passed() -> None:
    weekly = Cron("0 6 * * 1")
    assert datetime(2026, 12, 7, 6, tzinfo=UTC) == weekly.after(NOON, NOON)
    hourly = Cron("0 * * * *")
    assert NOON + 4 * HOUR == hourly.after(NOON, NOON + 3.5 * HOUR)


@pytest.mark.parametrize("line", ["", "hourly", "0 6 * *", "61 * * * *"])
def test_what_is_no_cron_is_said(line: str) -> None:
    with pytest.raises(SettingsError, match="no line of cron"):
        Cron(line)
