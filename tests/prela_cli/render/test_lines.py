from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prela_cli.render.glyphs import DIM, PLAIN
from prela_cli.render.lines import Piece, many_lines, one_line
from prela_cli.render.plain import clean, width_of

TEXTS = st.text(alphabet="ab ├━─日本👩e\u0301", max_size=60)
LINES = st.lists(st.lists(st.tuples(TEXTS.map(clean), st.sampled_from([DIM, PLAIN])), max_size=4))


@given(LINES, st.integers(0, 40))
def test_many_lines_are_each_what_one_line_is(lines: list[list[Piece]], width: int) -> None:
    wanted = [segment for pieces in lines for segment in one_line(pieces, width, "…")]
    plain = "".join(one.text for one in many_lines(lines, width, "…", styled=False))

    assert wanted == list(many_lines(lines, width, "…", styled=True))
    assert "".join(one.text for one in wanted) == plain
    assert all(width_of(line) <= width for line in plain.split("\n"))


def test_a_text_is_as_wide_as_its_cells() -> None:
    assert [0, 2, 4, 1, 90] == [width_of(one) for one in ("", "ab", "日本", "e\u0301", "日" * 45)]
