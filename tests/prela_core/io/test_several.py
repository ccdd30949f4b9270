from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.errors import InvalidError, UnavailableError
from prela_core.io.several import several
from prela_core.model import Span
from prela_core.testing import MemoryExporter
from prela_core.testing.factories import NOON

SPAN = Span(trace_id="t", span_id="s", started_at=NOON, ended_at=NOON)


@attrs.define
class Moody:
    """Takes spans, or raises what it is told to; the last mood stays."""

    moods: list[Exception | None]
    taken: list[str] = attrs.field(factory=list)
    closed: int = 0

    def __call__(self, spans: Sequence[Span]) -> None:
        mood = self.moods.pop(0) if len(self.moods) > 1 else self.moods[0]
        if mood is not None:
            raise mood
        self.taken += [span.span_id for span in spans]

    def close(self) -> None:
        self.closed += 1
        if self.moods[0] is not None:
            raise self.moods[0]


def spans(*ids: str) -> list[Span]:
    return [attrs.evolve(SPAN, span_id=each) for each in ids]


def test_one_that_is_away_keeps_none_from_the_others_and_gets_the_spans_again_alone() -> None:
    away = Moody([UnavailableError("gone", 3), UnavailableError("gone", 3), None])
    well = Moody([None])
    export = several(away, well)
    for _ in range(2):
        with pytest.raises(UnavailableError, match="gone") as caught:
            export(spans("a", "b"))
        assert 3 == caught.value.retry_after
    export(spans("a", "b"))

    assert (["a", "b"], ["a", "b"]) == (away.taken, well.taken)


def test_a_repetition_among_other_spans_is_told_apart() -> None:
    away, well = Moody([UnavailableError("gone"), None]), Moody([None])
    export = several(away, well)
    with pytest.raises(UnavailableError):
        export(spans("a", "b"))
    export(spans("b", "c", "a"))

    assert (["b", "c", "a"], ["a", "b", "c"]) == (away.taken, well.taken)


def test_what_all_have_may_be_sent_again() -> None:
    first, second = MemoryExporter(), MemoryExporter()
    export = several(first, second)
    export([SPAN])
    export([SPAN])

    assert (2, 2) == (len(first.spans), len(second.spans))


def test_a_span_that_ended_meanwhile_is_another() -> None:
    away, well = Moody([UnavailableError("gone"), None]), Moody([None])
    export = several(away, well)
    with pytest.raises(UnavailableError):
        export([attrs.evolve(SPAN, ended_at=None)])
    export([SPAN])

    assert (["s"], ["s", "s"]) == (away.taken, well.taken)


def test_the_longest_pause_is_asked_for() -> None:
    export = several(Moody([UnavailableError("a", 1)]), Moody([UnavailableError("b", 9)]))
    with pytest.raises(UnavailableError, match="a; b") as caught:
        export([SPAN])

    assert 9 == caught.value.retry_after


def test_what_nothing_can_mend_is_raised_after_all_were_tried() -> None:
    well = Moody([None])
    with pytest.raises(InvalidError, match="odd"):
        several(Moody([InvalidError("odd")]), well)([SPAN])
    with pytest.raises(ExceptionGroup) as caught:
        several(Moody([InvalidError("odd")]), Moody([OSError("full")]), well)([SPAN])

    assert [InvalidError, OSError] == [type(error) for error in caught.value.exceptions]
    assert ["s", "s"] == well.taken


def test_what_nothing_can_mend_is_logged_when_another_attempt_is_due(
    caplog: pytest.LogCaptureFixture,
) -> None:
    export = several(Moody([InvalidError("odd")]), Moody([UnavailableError("gone"), None]))
    with pytest.raises(UnavailableError):
        export([SPAN])
    export([SPAN])

    assert ["spans were not exported (InvalidError: odd)"] == [
        record.getMessage() for record in caplog.records
    ]


def test_all_are_closed_whatever_one_does() -> None:
    broken, well = Moody([OSError("full")]), Moody([None])
    with pytest.raises(OSError, match="full"):
        several(broken, MemoryExporter(), well).close()

    assert (1, 1) == (broken.closed, well.closed)


@given(st.lists(st.booleans(), max_size=6), st.lists(st.booleans(), max_size=6))
def test_repeated_until_all_is_well_each_has_each_span_once(
    first: list[bool], second: list[bool]
) -> None:
    gone = UnavailableError("gone")
    exporters = [
        Moody([*(None if well else gone for well in each), None]) for each in (first, second)
    ]
    export = several(*exporters)
    batches = [spans("a", "b"), spans("c"), spans("d", "e", "f")]
    for batch in batches:
        for _ in range(20):
            try:
                export(batch)
            except UnavailableError:
                continue
            break

    assert [["a", "b", "c", "d", "e", "f"]] * 2 == [each.taken for each in exporters]
