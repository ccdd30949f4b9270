"""What every store must hold of what arrives: nothing is left out between two cursors."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prela_core.ask import Subject, parse
from prela_core.errors import InvalidError, MalformedError
from prela_core.model import new_trace_id
from prela_core.store import ArrivalsRequest
from prela_core.store.following import Following
from prela_core.testing import span_record

Step = tuple[str, list[tuple[str, bool]]]

_SENT = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.booleans()), min_size=1, max_size=3)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), _SENT),
        st.tuples(st.sampled_from(["ask", "merge"]), st.just([])),
    ),
    max_size=8,
)


def ask(place: Any, cursor: str | None = None, **wanted: Any) -> Any:
    return place.store.arrivals(place.project, ArrivalsRequest(cursor=cursor, **wanted))


def walk(place: Any, cursor: str, limit: int) -> tuple[list[Any], str]:
    """Follow the cursor until an answer is not full."""
    found = []
    while True:
        answer = ask(place, cursor, limit=limit)
        found += answer.items
        cursor = answer.next_cursor
        if len(answer.items) < limit:
            return found, cursor


def test_it_begins_now(place: Any) -> None:
    place.insert(span_record(span_id="before"))
    first = ask(place)
    assert [] == first.items

    place.insert(span_record(span_id="x", name="later"))
    second = ask(place, first.next_cursor)
    assert ["later"] == [span.name for span in second.items]
    assert place.spans(second.items[0].trace_id).items[-1] in second.items
    assert [] == ask(place, second.next_cursor).items


def test_since_takes_in_what_was_there(place: Any) -> None:
    place.insert(span_record())
    assert 1 == len(ask(place, since=1).items)
    assert [] == ask(place, since=10**15 * 4).items


def test_an_empty_answer_has_a_cursor_that_goes_on(place: Any) -> None:
    cursor = ask(place).next_cursor
    for _ in range(3):
        answer = ask(place, cursor)
        assert [] == answer.items
        cursor = answer.next_cursor
    place.insert(span_record())
    assert 1 == len(ask(place, cursor).items)


def test_an_old_cursor_gives_all_since(place: Any) -> None:
    cursor = ask(place).next_cursor
    place.insert(span_record(span_id="a"))
    ask(place, cursor)
    place.insert(span_record(span_id="b"))
    assert ["a", "b"] == [span.span_id for span in ask(place, cursor).items]


@pytest.mark.parametrize("limit", [1, 2, 5, 1000])
def test_pages_follow_on_each_other(place: Any, limit: int) -> None:
    cursor = ask(place).next_cursor
    sent = [[f"{batch}{name}" for name in "abc"] for batch in range(4)]
    for names in sent:
        place.insert(*(span_record(span_id=name, trace_id=name[1]) for name in names))
    found, cursor = walk(place, cursor, limit)

    ids = [span.span_id for span in found]
    assert sent == [sorted(ids[at : at + 3]) for at in range(0, 12, 3)]
    assert [] == ask(place, cursor).items


@pytest.mark.parametrize("limit", [1, 1000])
def test_a_condition_chooses_and_the_cursor_passes_over_the_rest(place: Any, limit: int) -> None:
    cursor = ask(place).next_cursor
    for number in range(4):
        place.insert(span_record(span_id=f"s{number}", name="odd" if number % 2 else "even"))
    where = parse("name:odd", Subject.SPAN)

    found = []
    while answer := ask(place, cursor, where=where, limit=limit):
        found += answer.items
        cursor = answer.next_cursor
        if len(answer.items) < limit:
            break
    assert ["s1", "s3"] == [span.span_id for span in found]
    assert [] == ask(place, cursor).items


def test_a_condition_may_be_about_those_that_have_arrived_too(place: Any) -> None:
    cursor = ask(place).next_cursor
    place.insert(span_record(span_id="a", span_type_sent="agent", span_type="agent"))
    place.insert(span_record(span_id="b", parent_span_id="a"))
    place.insert(span_record(span_id="c", trace_id="another"))

    where = parse("any(type:agent) not name:x", Subject.SPAN)
    assert ["a", "b"] == [span.span_id for span in ask(place, cursor, where=where).items]


def test_other_projects_are_not_seen(place: Any) -> None:
    other = place.elsewhere()
    cursor = ask(place).next_cursor
    other.insert(span_record())

    assert [] == ask(place, cursor).items
    with pytest.raises(MalformedError):
        ask(other, cursor)


def test_what_can_not_be_asked_is_refused(place: Any) -> None:
    for limit in (0, -1, 1001):
        with pytest.raises(InvalidError):
            ask(place, limit=limit)
    with pytest.raises(InvalidError):
        ask(place, "x", since=1)
    for cursor in ("", "x", ask(place).next_cursor[:-1]):
        with pytest.raises(MalformedError):
            ask(place, cursor)


@settings(max_examples=6)
@given(steps=_STEPS, limit=st.integers(1, 4))
def test_who_follows_sees_each_span_once_and_once_more_when_it_ends(
    place: Any, steps: list[Step], limit: int
) -> None:
    trace_id = new_trace_id()
    following, cursor = Following(), ask(place).next_cursor
    shown: list[tuple[str, bool]] = []
    sent: set[tuple[str, bool]] = set()
    ended: set[str] = set()
    unseen: set[tuple[str, bool]] = set()

    def look() -> None:
        nonlocal cursor
        found, cursor = walk(place, cursor, limit)
        shown.extend((span.span_id, span.ended_at is not None) for span in following.new(found))

    for step, spans in [*steps, ("ask", [])]:
        if step == "insert":
            for name, is_ended in spans:
                status = "success" if is_ended else "pending"
                place.insert(span_record(trace_id=trace_id, span_id=name, status=status))
                # Of a span that was shown as ended, no earlier state is news.
                if is_ended or name not in ended:
                    sent.add((name, is_ended))
                    unseen.add((name, is_ended))
        elif step == "merge":
            place.merge()
        else:
            look()
            ended |= {name for name, is_ended in shown if is_ended}
            # A span that ran and ended between two looks may be seen as ended only.
            for name, is_ended in unseen - set(shown):
                assert not is_ended
                assert (name, True) in shown
                sent.discard((name, False))
            unseen.clear()
    assert len(shown) == len(set(shown))
    assert sent == set(shown)


def test_nothing_is_left_out_while_many_write(adapter: Any, place: Any) -> None:
    cursor = ask(place).next_cursor
    writers, batches = 3, 8
    found: list[str] = []

    def write(number: int) -> None:
        own = type(place)(place.store, place.project, place.merge)
        for batch in range(batches):
            own.insert(*(span_record(span_id=f"{number}.{batch}.{at}") for at in range(3)))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    is_last = False
    while not is_last:
        is_last = not any(thread.is_alive() for thread in threads)
        spans, cursor = walk(place, cursor, 7)
        found += [span.span_id for span in spans]

    everything = {
        f"{number}.{batch}.{at}"
        for number in range(writers)
        for batch in range(batches)
        for at in range(3)
    }
    assert everything == set(found)
    assert len(everything) == len(found)
