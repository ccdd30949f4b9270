from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.emitting import a_span

from prela_core.emit.processing import processed
from prela_core.emit.size import size_of
from prela_core.emit.trimming import drop, keep, truncate
from prela_core.model import Span

Faults = list[tuple[Any, Exception]]


def run(span: Span, *processors: Any) -> tuple[Span | None, list[str]]:
    faults: list[str] = []
    made = processed(span, processors, lambda _, error: faults.append(type(error).__name__))
    return made, faults


def renamed(suffix: str) -> Any:
    return lambda span: attrs.evolve(span, name=span.name + suffix)


def broken(_: Span) -> Span:
    raise RuntimeError("no")


def test_processors_run_in_their_order() -> None:
    made, faults = run(a_span(name="a"), renamed("b"), renamed("c"))
    assert made is not None
    assert ("abc", []) == (made.name, faults)


def test_what_is_dropped_is_processed_no_further() -> None:
    assert (None, []) == run(a_span(), lambda _: None, broken)


def test_one_that_raises_is_passed_over() -> None:
    made, faults = run(a_span(name="a"), renamed("b"), broken, renamed("c"))
    assert made is not None
    assert ("abc", ["RuntimeError"]) == (made.name, faults)


def test_one_that_gives_something_else_is_passed_over() -> None:
    assert (a_span(), ["TypeError"]) == run(a_span(), lambda _: True)


def test_one_that_must_not_fail_withholds_the_contents() -> None:
    class Careful:
        fails_closed = True

        def __call__(self, span: Span) -> Span:
            raise RuntimeError(span.name)

    made, faults = run(a_span(name="secret"), Careful(), renamed("!"))
    assert made is not None
    assert ("withheld!", ["RuntimeError"]) == (made.name, faults)


def test_long_texts_are_cut_and_say_how_long_they_were() -> None:
    values = {"a": "x" * 20, "b": ["y" * 10, {"c": "z" * 1234}], "n": 5}
    made = truncate(10)(a_span(attributes=values))
    assert made is not None
    assert {
        "a": "xxxxxxxxxx… [cut, 20 characters in all]",
        "b": ["y" * 10, {"c": "zzzzzzzzzz… [cut, 1,234 characters in all]"}],
        "n": 5,
    } == made.attributes


def test_a_length_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        truncate(0)


def test_spans_are_dropped_and_kept_by_name_or_function() -> None:
    spans = [a_span(name=name) for name in ("db.query", "chat", "db.connect")]

    def left(processor: Any) -> list[str]:
        return [span.name for span in spans if processor(span) is not None]

    assert ["chat"] == left(drop("db.*"))
    assert ["db.query", "db.connect"] == left(keep("db.*"))
    assert ["chat"] == left(keep(lambda span: span.name == "chat"))


def test_the_size_of_a_span_is_near_what_its_texts_take() -> None:
    text = "x" * 100_000
    span = a_span(name=text, attributes={"a": [text, {"b": text}], "c": 1})
    assert 300_000 < size_of(span) < 303_000


def test_what_holds_itself_has_a_size_too() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert size_of(a_span(attributes={"a": loop})) > 0


@given(st.recursive(st.text(), lambda below: st.lists(below) | st.dictionaries(st.text(), below)))
def test_more_in_a_span_never_makes_it_smaller(value: Any) -> None:
    assert size_of(a_span(attributes={"a": value})) > size_of(a_span(attributes={}))
