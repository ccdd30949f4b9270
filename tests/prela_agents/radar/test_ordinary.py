"""Marks for what is out of the ordinary, and none for what is not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_agents.model import Metric
from prela_agents.radar.days import Series
from prela_agents.radar.ordinary import odd_days

MONDAY = datetime(2026, 10, 5, tzinfo=UTC)
FAR = MONDAY + timedelta(days=365)


def day(number: int) -> datetime:
    return MONDAY + timedelta(days=number)


def series(values: Sequence[float | None], metric: Metric = Metric.DOWNLOADS) -> Series:
    days = tuple((day(number), value) for number, value in enumerate(values))
    return Series(product="us", metric=metric, days=days)


def marked(values: Sequence[float | None], metric: Metric = Metric.DOWNLOADS) -> list[int]:
    return [(odd.at - MONDAY).days for odd in odd_days(series(values, metric), MONDAY, FAR)]


def weeks(count: int, work: float, rest: float, seed: int = 0) -> list[float]:
    """Make downloads as they are: fewer on weekends, scattered by a tenth."""
    dice = random.Random(seed)  # noqa: S311 - the same every time
    return [
        round((rest if number % 7 >= 5 else work) * dice.uniform(0.9, 1.1))
        for number in range(7 * count)
    ]


def test_a_day_far_above_is_marked_and_the_days_after_it_are_not() -> None:
    values: list[float | None] = [*weeks(5, 1000, 300)]
    values[29] = 4000
    assert [29] == marked(values)
    (odd,) = odd_days(series(values), MONDAY, FAR)
    assert 4000 == odd.value
    assert 950 < odd.usual < 1050
    assert 3.5 < odd.score


def test_a_day_far_below_is_marked() -> None:
    values = weeks(5, 1000, 300)
    values[30] = 10
    assert [30] == marked(values)
    assert odd_days(series(values), MONDAY, FAR)[0].score < -3.5


def test_weekends_are_no_news() -> None:
    for seed in range(10):
        assert [] == marked(weeks(6, 1000, 200, seed))


def test_a_working_day_s_downloads_on_a_sunday_are_news() -> None:
    values = weeks(5, 1000, 200)
    values[34] = 1000
    assert [34] == marked(values)


def test_a_missing_day_is_neither_odd_nor_zero() -> None:
    values: list[float | None] = [*weeks(5, 1000, 300)]
    for each in (10, 20, 30):
        values[each] = None
    assert [] == marked(values)


def test_nothing_is_said_before_anything_is_usual() -> None:
    assert [] == marked([10, 10, 10, 10, 10, 1000])


def test_totals_are_judged_by_their_changes() -> None:
    stars = [1000 + 5 * number + number % 3 for number in range(30)]
    assert [] == marked(stars, Metric.STARS)
    jump = [value + (300 if number >= 20 else 0) for number, value in enumerate(stars)]
    assert [20] == marked(jump, Metric.STARS)


def test_a_change_over_missing_days_is_spread_over_them() -> None:
    stars: list[float | None] = [1000 + 10 * number for number in range(30)]
    stars[15:19] = [None] * 4
    assert [] == marked(stars, Metric.STARS)


def test_small_counts_are_not_marked_for_being_one_more() -> None:
    assert [] == marked([0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 2, 0, 3], Metric.MENTIONS)
    assert [11] == marked([0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 20, 0, 0], Metric.MENTIONS)


@given(st.lists(st.none() | st.integers(0, 10_000), max_size=60), st.integers(0, 60))
def test_a_mark_does_not_change_by_what_comes_later(values: list[int | None], cut: int) -> None:
    early = marked(values[:cut])
    assert early == [each for each in marked(values) if each < cut]


@pytest.mark.parametrize("metric", [Metric.DOWNLOADS, Metric.STARS])
@given(values=st.lists(st.integers(0, 10_000), max_size=40), shift=st.integers(1, 5))
def test_it_takes_anything(metric: Metric, values: list[int], shift: int) -> None:
    marked([value * shift for value in values], metric)
