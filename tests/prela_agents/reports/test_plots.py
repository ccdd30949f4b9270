"""Plots: well formed, the same every time, and true to the data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_agents.reports.plots import Bar, Curve, bars, curves
from prela_agents.reports.plots.scale import Scale, short, ticks

SINCE = datetime(2026, 11, 16, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=14)


def day(number: int) -> datetime:
    return SINCE + timedelta(days=number)


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own


def of_class(svg: str, name: str, tag: str) -> list[ET.Element]:
    return [
        each
        for each in parsed(svg).iter(f"{{http://www.w3.org/2000/svg}}{tag}")
        if name in each.get("class", "").split()
    ]


def drawn(*values: float | None, **curve: object) -> str:
    points = [(day(number), value) for number, value in enumerate(values)]
    return curves("Stars", [Curve(name="us & <them>", points=points, **curve)], SINCE, UNTIL)


def test_a_gap_is_not_drawn_over() -> None:
    assert 1 == len(of_class(drawn(1, 2, 3, 4), "curve", "path"))
    assert 2 == len(of_class(drawn(1, 2, None, 4, 5), "curve", "path"))
    lonely = drawn(1, 2, None, 4, None, 6, 7)
    assert (2, 1) == (
        len(of_class(lonely, "curve", "path")),
        len(of_class(lonely, "fill-blue", "circle")),
    )


def test_nothing_known_is_said() -> None:
    assert "no figures" in drawn(None, None)
    assert "no figures" in drawn()


def test_releases_and_marks_stand_where_they_belong() -> None:
    svg = drawn(1, 2, 30, 4, odd=frozenset([day(2)]), releases=[(day(2), "2.0"), (day(40), "9")])
    (mark,) = of_class(svg, "odd", "circle")
    (line,) = of_class(svg, "release", "line")
    assert mark.get("cx") == line.get("x1")
    assert "2.0" in svg
    assert ">9<" not in svg


def test_names_of_releases_do_not_cover_each_other() -> None:
    svg = drawn(1, 2, 3, releases=[(day(1), "1.0"), (day(1) + timedelta(hours=2), "1.0.1")])
    assert 2 == len(of_class(svg, "release", "line"))
    assert ("1.0<" in svg, "1.0.1<" in svg) == (True, False)


def test_bars_add_up() -> None:
    rows = [Bar("a", {"good": 3, "bad": 1}), Bar("b", {"good": 1})]
    svg = bars("x", rows, {"good": "green", "bad": "red"}, frozenset({"bad"}))
    widths = [float(each.get("width", 0)) + 1 for each in of_class(svg, "fill-green", "rect")][1:]
    assert pytest.approx(3, rel=0.01) == widths[0] / widths[1]


@given(
    st.lists(st.none() | st.floats(0, 1e9, allow_nan=False), max_size=20),
    st.text(max_size=20, alphabet=st.characters(exclude_categories=["C"])),
)
def test_any_values_make_a_whole_drawing(values: list[float | None], name: str) -> None:
    points = [(day(number), value) for number, value in enumerate(values)]
    svg = curves(name, [Curve(name=name, points=points)], SINCE, UNTIL)
    parsed(svg)
    assert "nan" not in svg
    assert svg == curves(name, [Curve(name=name, points=points)], SINCE, UNTIL)


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_ticks_hold_all_values(low: float, width: float) -> None:
    marks = ticks(low, low + width)
    assert marks[0] <= low + 1e-6
    assert marks[-1] >= low + width - 1e-6
    assert 2 <= len(marks) <= 6


def test_numbers_of_axes() -> None:
    assert ["0", "950", "1,200", "12k", "12.5k", "3M"] == [
        short(each) for each in (0, 950, 1200, 12000, 12500, 3e6)
    ]
    assert 5 == Scale(1, 1, 0, 10)(1)
