from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prela_core.text.plain import cells
from prela_core.text.table import Column, table_text


def test_columns_are_as_wide_as_their_texts() -> None:
    columns = [Column("name", ["a", "find policy"]), Column("time", ["5 ms", "12 ms"], right=True)]
    assert (
        "name          time\n"
        "a             5 ms\n"
        "find policy  12 ms\n"
    ) == table_text(columns)  # fmt: skip


def test_flexible_columns_are_cut_the_widest_first() -> None:
    columns = [
        Column("id", ["0af76519"]),
        Column("name", ["n" * 40], flexible=True),
        Column("model", ["m" * 12], flexible=True),
    ]
    assert (
        f"0af76519  {'n' * 15}…  {'m' * 12}\n" == table_text(columns, width=40).partition("\n")[2]
    )
    assert "0af76519  nnnnn…  mmmmm…\n" == table_text(columns, width=24).partition("\n")[2]


def test_what_can_not_be_cut_is_left_out_from_the_end() -> None:
    columns = [Column("id", ["0af76519"]), Column("time", ["12 ms"]), Column("cost", ["$0.01"])]
    assert "id        time\n0af76519  12 ms\n" == table_text(columns, width=16)


def test_it_can_be_ascii() -> None:
    columns = [Column("name", ["naïve 12 µs" + "x" * 80], flexible=True)]
    text = table_text(columns, width=20, unicode=False)
    assert "na?ve 12 usxxxxxx..." == text.splitlines()[1]


_ROWS = st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30)))


@settings(max_examples=40)
@given(rows=_ROWS, width=st.integers(6, 60), flexible=st.tuples(*[st.booleans()] * 3))
def test_no_line_is_too_long_whatever_it_holds(
    rows: list[tuple[str, str, str]], width: int, flexible: tuple[bool, ...]
) -> None:
    columns = [
        Column("ab", [row[at] for row in rows], flexible=flexible[at], right=at == 2)
        for at in range(3)
    ]
    lines = table_text(columns, width=width).splitlines()
    assert len(rows) + 1 == len(lines)
    assert all(cells(line) <= width for line in lines)


@pytest.mark.parametrize("width", [1, 3])
def test_a_width_without_room_is_borne(width: int) -> None:
    assert table_text([Column("name", ["a long text"])], width=width)
