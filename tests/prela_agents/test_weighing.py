from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_agents.weighing import MOST_ON_X, shortened_for_x, start_for_x, weight_on_x


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("Prela 0.3 is out", 16),
        ("Größe, café, Привет", 19),
        ("cafe\u0301", 4),  # a letter and its accent are one
        ("日本", 4),
        ("wait…", 6),
        ("see https://prela.example/a/very/long/address?with=a&query=1.", 28),
        ("(https://a.test)", 25),
        ("http://a.test http://b.test", 47),
        ("a" * MOST_ON_X, MOST_ON_X),
    ],
)
def test_texts_weigh_what_x_says(text: str, weight: int) -> None:
    assert weight == weight_on_x(text)


@given(st.text(alphabet="aé日… https://x.y", max_size=400), st.integers(2, 300))
def test_what_is_shortened_fits(text: str, room: int) -> None:
    short = shortened_for_x(text, room)
    assert weight_on_x(short) <= room
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
    assert text.startswith(start_for_x(text, room))


def test_what_fits_is_left_as_it_is() -> None:
    assert "a" * 280 == shortened_for_x("a" * 280)
    assert "a" * 278 + "…" == shortened_for_x("a" * 281)
