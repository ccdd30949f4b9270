from __future__ import annotations

import pytest

from prela_core.errors import InvalidError
from prela_core.store import Dimension, GroupOrder, Measure, Order, SpanOrder
from prela_core.store.names import named, names_of, short_names

KINDS = (Dimension, GroupOrder, Measure, Order, SpanOrder)


@pytest.mark.parametrize("kind", KINDS)
def test_every_member_has_its_names_in_any_case_and_with_either_dash(kind: type) -> None:
    for name, each in names_of(kind).items():
        for said in (name, name.upper(), each):
            assert each is named(kind, said)
        if not name.startswith("-"):
            assert each is named(kind, name.replace("_", "-"))
            assert each is named(kind, name.replace("-", "_"))
    assert set(kind) == set(short_names(kind).values()) == set(names_of(kind).values())


def test_some_have_a_name_of_their_own() -> None:
    assert Dimension.SPAN_TYPE is named(Dimension, "type")
    assert (Measure.P95_DURATION, Measure.P95_TTFT) == (
        named(Measure, "p95"),
        named(Measure, "p95_ttft"),
    )
    assert Order.MOST_SPANS is named(Order, "most-spans")


@pytest.mark.parametrize("word", ["best", "", 7, None])
def test_what_names_nothing_is_answered_with_what_there_is(word: object) -> None:
    with pytest.raises(InvalidError, match="is not one of newest, oldest"):
        named(Order, word)
