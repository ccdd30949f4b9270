from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prela_cli.render.glyphs import Glyphs
from prela_cli.render.sparkline import bar, sparkline
from prela_core.text.glyphs import ASCII, UNICODE


def test_the_largest_fills_a_cell_and_nothing_is_told_from_none() -> None:
    assert "▁▂▅█ ▁" == sparkline([0, 0.01, 50, 100, None, 0], 10, UNICODE)
    assert "_.=# _" == sparkline([0, 0.01, 50, 100, None, 0], 10, ASCII)


def test_many_values_show_the_largest_of_so_many_neighbours() -> None:
    assert "▁█▅" == sparkline([0, 0, 0, 8, 4, 0], 3, UNICODE)
    # The first stands for fewer, so that the last does not.
    assert "▅█" == sparkline([4, 1, 8], 2, UNICODE)


def test_nothing_at_all() -> None:
    assert "" == sparkline([], 9, UNICODE)
    assert "▁▁" == sparkline([0, 0], 9, UNICODE)


@given(
    st.lists(st.none() | st.floats(0, 1e12)), st.integers(-1, 40), st.sampled_from((UNICODE, ASCII))
)
def test_it_is_never_wider_than_it_may_be(
    values: list[float | None], width: int, glyphs: Glyphs
) -> None:
    assert len(sparkline(values, width, glyphs)) <= max(width, 1)


def test_bars_are_in_half_cells_and_never_invisible() -> None:
    assert ["", "╸", "━━╸", "━━━━━"] == [bar(share, 5, UNICODE) for share in (0, 0.001, 0.5, 1)]
