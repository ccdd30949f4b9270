from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prela_core.store.following import Following
from prela_core.testing.factories import NOON, stored_span

Sent = tuple[str, bool]


def spans(sent: list[Sent]) -> list[object]:
    return [stored_span(span_id=name, ended_at=NOON if ended else None) for name, ended in sent]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=12), st.integers(0, 12))
def test_each_span_is_new_once_and_once_more_when_it_ends(sent: list[Sent], cut: int) -> None:
    following = Following()
    # Where the answers are cut apart makes no difference.
    shown = [*following.new(spans(sent[:cut])), *following.new(spans(sent[cut:]))]

    expected: list[Sent] = []
    for name, ended in sent:
        if (name, ended) not in expected and (name, True) not in expected:
            expected.append((name, ended))
    assert expected == [(span.span_id, span.ended_at is not None) for span in shown]


def test_as_many_are_remembered_as_was_asked_for() -> None:
    following = Following(remembered=2)
    names = ["a", "b", "a", "c", "a", "b"]

    shown = following.new(spans([(name, True) for name in names]))
    assert ["a", "b", "c", "b"] == [span.span_id for span in shown]
