from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.html_reading import read_html

from prela_core.html.axis import Axis, axis_of
from prela_core.testing import NOON, stored_span


@pytest.mark.parametrize(
    ("length_ms", "marks"),
    [
        (1000.0, ["0", "200 ms", "400 ms", "600 ms", "800 ms", "1.0 s"]),
        (22_900.0, ["0", "5.0 s", "10.0 s", "15.0 s", "20.0 s"]),
        (130_000.0, ["0", "30.0 s", "1m 00s", "1m 30s", "2m 00s"]),
        (0.004, ["0", "1 µs", "2 µs", "3 µs", "4 µs"]),
        (0.0, ["0", "1.0 ms"]),
    ],
)
def test_marks_stand_at_round_moments(length_ms: float, marks: list[str]) -> None:
    labels = str(Axis(NOON, length_ms).labels()).replace("</span>", "</span>\n")
    assert marks == read_html(labels).text.split("\n")[:-1]


@given(st.floats(0.001, 1e12))
def test_there_are_a_few_marks_whatever_the_length(length_ms: float) -> None:
    axis = Axis(NOON, length_ms)
    assert 2 <= length_ms / axis.step_ms <= 5.001


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9), st.floats(0, 1e9))
def test_no_bar_leaves_the_axis(start: float, lasts: float, length_ms: float) -> None:
    axis = Axis(NOON, length_ms)
    begin = NOON + timedelta(milliseconds=start)
    style = axis.place(begin, begin + timedelta(milliseconds=lasts))
    left, width = (float(part.partition(":")[2].rstrip("%")) for part in style.split(";"))
    assert 0 <= left <= 100
    assert 0 <= width
    assert left + width <= 100.02


def test_the_axis_is_that_of_all_spans() -> None:
    late = NOON + timedelta(seconds=2)
    axis = axis_of([stored_span(), stored_span(started_at=late, status="pending")])
    assert Axis(NOON, 2000.0) == axis
