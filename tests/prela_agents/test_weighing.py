from __future__ import annotations

import pytest

from prela_agents.weighing import MOST_ON_X, weight_on_x


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
