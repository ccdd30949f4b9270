"""Deleting: what was meant is not found again by any question, and all else still is."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import pytest

from prela_core.ask import parse
from prela_core.errors import InvalidError, MalformedError
from prela_core.model import TraceRecord, to_micros
from prela_core.store import (
    MAX_TRACE_IDS,
    Deletion,
    DeletionRequest,
    DeletionState,
    PageRequest,
    TraceFilter,
)
from prela_core.testing import NOON, span_record

MICROS = to_micros(NOON)
HOUR = 3_600_000_000
_numbers = itertools.count(1)


def request(place: Any, **meant: Any) -> DeletionRequest:
    given = {
        "deletion_id": f"d{next(_numbers)}",
        "project_id": place.project,
        "asked_at": place.received_at,
    }
    return DeletionRequest(**(given | meant))


def carry_out(place: Any) -> list[Deletion]:
    return [step for project, step in place.store.deletions.carry_out() if project == place.project]


def delete(place: Any, **meant: Any) -> Deletion:
    wanted = request(place, **meant)
    place.store.deletions.ask(wanted)
    carry_out(place)
    done = place.store.deletions.one(place.project, wanted.deletion_id)
    assert isinstance(done, Deletion)
    return done


def announced(trace_id: str, started_at: int = MICROS) -> TraceRecord:
    return TraceRecord(trace_id, "shop", started_at, b'{"a":1}', b"{}")


def three(place: Any) -> None:
    place.insert(
        *(
            span_record(trace_id=trace, span_id=span, name=f"{trace} word")
            for trace in ("a", "b", "c")
            for span in ("1", "2")
        ),
        traces=[announced("a"), announced("d")],
    )


def test_a_deleted_trace_is_not_found_by_any_question(place: Any) -> None:
    three(place)
    delete(place, trace_ids=("a",))
    assert ["c", "b"] == place.ids()
    assert (None, None) == (place.trace("a"), place.spans("a"))
    assert ["c", "b"] == place.hits("word")
    assert [] == place.ids(name="a word")


def test_nothing_is_deleted_before_it_is_carried_out(place: Any) -> None:
    three(place)
    waiting = place.store.deletions.ask(request(place, trace_ids=("a",)))
    assert (DeletionState.WAITING, None, {}) == (waiting.state, waiting.gone_at, waiting.rows)
    assert ["c", "b", "a"] == place.ids()
    carry_out(place)
    assert ["c", "b"] == place.ids()


def test_the_receipt_counts_what_was_there(place: Any) -> None:
    three(place)
    done = delete(place, trace_ids=("a", "d", "unknown"), said=b'{"trace_ids":["a","d"]}')
    assert (2, 2) == (done.traces, done.spans)
    assert (2, 2) == (done.rows["spans"], done.rows["trace_announcements"])
    assert (DeletionState.DONE, b'{"trace_ids":["a","d"]}') == (done.state, bytes(done.selection))
    assert done.gone_at is not None
    assert done.completed_at is not None


def test_a_dry_run_counts_the_same_and_deletes_nothing(place: Any) -> None:
    three(place)
    for meant in ({"trace_ids": ("a", "d")}, {"everything": True}, {"where": only("b word")}):
        wanted = request(place, **meant)
        counted = place.store.deletions.count(wanted)
        assert ["c", "b", "a"] == place.ids()
        assert place.store.deletions.one(place.project, wanted.deletion_id) is None
        again = place.elsewhere()
        three(again)
        done = delete(again, **meant)
        assert (counted.traces, counted.spans) == (done.traces, done.spans)
        assert counted.rows == done.rows


def only(name: str) -> TraceFilter:
    return TraceFilter(name=name)


def test_steps_are_told_of_in_order(place: Any) -> None:
    three(place)
    place.store.deletions.ask(request(place, trace_ids=("a",)))
    assert list(DeletionState)[1:] == list(dict.fromkeys(step.state for step in carry_out(place)))
    assert [] == carry_out(place)


def test_all_versions_go_whichever_wins_and_wherever_they_start(place: Any) -> None:
    running = span_record(trace_id="a", status="pending")
    moved = span_record(trace_id="a", started_at=MICROS - 48 * HOUR)
    place.insert(running)
    place.insert(moved)
    place.insert(running)
    done = delete(place, trace_ids=("a",))
    assert ([], None) == (place.ids(), place.trace("a"))
    assert (1, 1) == (done.traces, done.spans)
    place.merge()
    assert ([], None) == (place.ids(), place.trace("a"))


def test_what_is_sent_again_afterwards_is_new(place: Any) -> None:
    three(place)
    delete(place, trace_ids=("a",))
    place.insert(span_record(trace_id="a", span_id="1", name="anew"))
    assert ["anew"] == [span.name for span in place.trace("a").spans]
    place.merge()
    assert ["anew"] == [span.name for span in place.trace("a").spans]


def test_what_was_received_while_it_waited_stays(place: Any) -> None:
    three(place)
    place.store.deletions.ask(request(place, trace_ids=("a",)))
    place.insert(span_record(trace_id="a", span_id="1", status="pending", name="anew"))
    carry_out(place)
    assert ["anew"] == [span.name for span in place.trace("a").spans]


def test_what_comes_late_was_deleted_already(place: Any) -> None:
    first = place.insert(
        span_record(trace_id="a"), span_record(trace_id="b"), traces=[announced("a")]
    )
    place.store.deletions.ask(request(place, trace_ids=("a", "on its way")))
    late = attrs.evolve(first, spans=[span_record(trace_id="on its way")], traces=[])
    place.store.insert([late])  # before it is carried out
    carry_out(place)
    place.store.insert([first, late])  # and after
    assert (["b"], None) == (place.ids(), place.trace("a"))
    assert [] == carry_out(place)


def test_everything_is_everything_of_the_project_until_then(place: Any) -> None:
    three(place)
    other = place.elsewhere()
    three(other)
    done = delete(place, everything=True)
    assert ([], None) == (place.ids(), place.trace("d"))
    assert (4, 6) == (done.traces, done.spans)
    assert {"spans": 6, "trace_announcements": 2} == done.rows
    assert ["c", "b", "a"] == other.ids()
    late = attrs.evolve(place.insert(), spans=[span_record(trace_id="e")])
    place.store.insert([attrs.evolve(late, received_at=place.received_at - 1000)])
    assert [] == place.ids()
    place.store.insert([late])
    assert ["e"] == place.ids()


@pytest.mark.parametrize(
    ("where", "left"),
    [
        (TraceFilter(name="b word"), ["c", "a"]),
        (TraceFilter(q="word"), []),
        (TraceFilter(status="error"), ["c", "b", "a"]),
        (TraceFilter(end_time=MICROS + 2 * HOUR), ["c"]),
        (TraceFilter(start_time=MICROS + HOUR), ["a"]),
        (TraceFilter(where=parse("name:a* or name:c*")), ["b"]),
        (TraceFilter(where=parse("started>30m")), []),
    ],
)
def test_a_filter_means_the_traces_that_a_list_with_it_has(
    place: Any, where: TraceFilter, left: list[str]
) -> None:
    for number, trace in enumerate("abc"):
        for span in range(2):
            place.insert(
                span_record(
                    trace_id=trace,
                    span_id=str(span),
                    name=f"{trace} word",
                    started_at=MICROS + (number + span) * HOUR,
                )
            )
    delete(place, where=where)
    assert left == place.ids()


def test_traces_without_spans_go_by_their_time_too(place: Any) -> None:
    place.insert(traces=[announced("old", MICROS), announced("new", MICROS + HOUR)])
    place.insert(span_record(trace_id="told"), traces=[announced("told", MICROS - HOUR)])
    done = delete(place, where=TraceFilter(end_time=MICROS))
    assert 0 == done.traces
    done = delete(place, where=TraceFilter(end_time=MICROS + HOUR))
    assert (2, None) == (done.traces, place.trace("old"))
    assert place.trace("new") is not None


def test_what_a_filter_means_is_fixed_when_it_is_asked(place: Any) -> None:
    three(place)
    place.store.deletions.ask(request(place, where=only("a word")))
    place.insert(span_record(trace_id="late", name="a word"))
    place.insert(span_record(trace_id="a", span_id="1", name="another"))
    place.insert(span_record(trace_id="a", span_id="2", name="another"))
    carry_out(place)
    assert {"late", "a", "b", "c"} == set(place.ids())
    assert {"another"} == {span.name for span in place.trace("a").spans}


def test_another_projects_deletion_is_as_one_that_is_not(place: Any) -> None:
    three(place)
    other = place.elsewhere()
    done = delete(other, trace_ids=("a",))
    assert (0, 0) == (done.traces, done.spans)
    assert ["c", "b", "a"] == place.ids()
    assert place.store.deletions.one(place.project, done.deletion_id) is None
    assert [] == place.store.deletions.all(place.project, PageRequest()).items
    first = place.insert(span_record(trace_id="e"))
    delete(other, everything=True)
    place.store.insert([first])
    assert "e" in place.ids()


def test_receipts_are_listed_newest_first_in_pages(place: Any) -> None:
    asked = []
    for number in range(5):
        place.received_at += 1000
        wanted = request(place, trace_ids=(f"t{number}",))
        asked.append(place.store.deletions.ask(wanted).deletion_id)
    found, cursor = [], None
    while True:
        page = place.store.deletions.all(place.project, PageRequest(limit=2, cursor=cursor))
        found += [each.deletion_id for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert asked[::-1] == found
    with pytest.raises(MalformedError):
        place.store.deletions.all(place.project, PageRequest(cursor="nonsense"))
    carry_out(place)


def test_odd_ids_are_values_like_any_other(place: Any) -> None:
    odd = ("it's", "\\", "{project:String}", "🦀", "a/b", '"', "%s", "\n")
    place.insert(*(span_record(trace_id=each) for each in (*odd, "kept")))
    assert len(odd) == delete(place, trace_ids=odd).traces
    assert ["kept"] == place.ids()


def test_many_ids_at_once(place: Any) -> None:
    ids = [f"{number:032x}" for number in range(MAX_TRACE_IDS)]
    place.insert(*(span_record(trace_id=each) for each in ids[:100]))
    assert 100 == delete(place, trace_ids=tuple(ids)).traces
    assert [] == place.ids()


@pytest.mark.parametrize(
    "meant",
    [
        {},
        {"trace_ids": ("a",), "everything": True},
        {"where": TraceFilter()},
        {"trace_ids": ("a",) * (MAX_TRACE_IDS + 1)},
    ],
)
def test_what_is_not_one_selection_is_refused(meant: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        DeletionRequest(deletion_id="d", project_id="p", asked_at=0, **meant)
