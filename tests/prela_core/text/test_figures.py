from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.testing.factories import NOON
from prela_core.text import figures


@pytest.mark.parametrize(
    ("ms", "expected"),
    [
        (None, ""),
        (0, "0 ms"),
        (0.0001, "0 ms"),
        (0.012, "12 µs"),
        (0.9994, "999 µs"),
        (0.9996, "1.0 ms"),
        (3.42, "3.4 ms"),
        (9.96, "10 ms"),
        (999.4, "999 ms"),
        (999.6, "1.0 s"),
        (1234, "1.2 s"),
        (59_949, "59.9 s"),
        (59_960, "1m 00s"),
        (125_000, "2m 05s"),
        (3_599_600, "1h 00m"),
        (3_720_000, "1h 02m"),
        (86_399_999, "1d 00h"),
        (76 * 3_600_000, "3d 04h"),
        (-3.42, "-3.4 ms"),
        (float("nan"), "?"),
        (float("inf"), "?"),
    ],
)
def test_durations(ms: float | None, expected: str) -> None:
    assert expected == figures.duration(ms)


@given(st.floats(min_value=0, max_value=1e12))
def test_a_duration_fits_its_column(ms: float) -> None:
    assert len(figures.duration(ms)) <= 8


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (None, ""),
        (0, "0"),
        (999, "999"),
        (1000, "1.0k"),
        (1234, "1.2k"),
        (9_960, "10k"),
        (999_499, "999k"),
        (999_500, "1.0M"),
        (12_345_678, "12M"),
        (2_000_000_000, "2.0G"),
        (10**13, "1e+13"),
        (-1234, "-1.2k"),
    ],
)
def test_tokens(number: int | None, expected: str) -> None:
    assert expected == figures.tokens(number)


@pytest.mark.parametrize(
    ("usd", "expected"),
    [
        (None, ""),
        (0, "$0"),
        (0.00004, "<$.0001"),
        (0.0123, "$0.0123"),
        (0.99996, "$1.00"),
        (12.345, "$12.35"),
        (1234.4, "$1,234"),
        (1e308, "$1.0e+308"),
        (float("inf"), "?"),
        (-0.5, "-$0.5000"),
    ],
)
def test_dollars(usd: float | None, expected: str) -> None:
    assert expected == figures.dollars(usd)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "just now"),
        (59, "59s ago"),
        (60, "1m ago"),
        (3600, "1h ago"),
        (86_400 * 3, "3d ago"),
        (86_400 * 30, "2025-12-16"),
        (-90, "in 1m"),
    ],
)
def test_ago(seconds: int, expected: str) -> None:
    assert expected == figures.ago(NOON - timedelta(seconds=seconds), NOON)


def test_moments_are_utc_to_the_millisecond() -> None:
    assert figures.moment(NOON + timedelta(microseconds=1999)) == "2026-01-15 12:00:00.001Z"
