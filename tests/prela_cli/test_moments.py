from __future__ import annotations

from contextlib import suppress

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_cli.moments import MOMENT, SPAN_OF_TIME, SpanOfTime
from prela_core.model import to_micros
from prela_core.testing.factories import NOON


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("250ms", 250),
        ("90s", 90_000),
        ("15m", 900_000),
        ("2h", 7_200_000),
        ("1h30m", 5_400_000),
        ("1h 30M", 5_400_000),
        ("1.5h", 5_400_000),
        ("3d", 259_200_000),
        ("1w", 604_800_000),
        (" 2h ", 7_200_000),
    ],
)
def test_durations_are_read(text: str, milliseconds: float) -> None:
    assert milliseconds == SPAN_OF_TIME.convert(text, None, None)


@pytest.mark.parametrize("text", ["", "2", "h", "-2h", "2y", "2h!", "1e3s", "٣h", "9" * 5000 + "h"])
def test_other_text_is_refused_with_what_would_do(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no duration; write"):
        SPAN_OF_TIME.convert(text, None, None)


@pytest.mark.parametrize("text", ["99999999999999d", "1000000001w"])
def test_more_time_than_can_be_reckoned_with_is_said(text: str) -> None:
    with pytest.raises(click.BadParameter, match="longer than can be reckoned with; write 30m"):
        SPAN_OF_TIME.convert(text, None, None)


def test_a_bare_number_has_the_unit_it_was_given() -> None:
    assert SpanOfTime("ms").convert("1500", None, None) == 1500


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(click.BadParameter):
        assert SPAN_OF_TIME.convert(text, None, None) >= 0


@pytest.mark.parametrize(
    "text", ["2026-01-15T12:00:00Z", "2026-01-15T13:00:00+01:00", "2026-01-15 12:00"]
)
def test_moments_are_read_as_utc_without_a_zone(text: str) -> None:
    assert to_micros(NOON) == MOMENT.convert(text, None, None)


def test_no_moment_is_refused_with_what_would_do() -> None:
    with pytest.raises(click.BadParameter, match="write 2026-01-15T12:00:00Z"):
        MOMENT.convert("yesterday", None, None)
