from __future__ import annotations

from prela_core.io.insert_marks import InsertMarks


def test_marks_grow_though_the_clock_stands_still_or_goes_back() -> None:
    moments = iter([5, 5, 3, 9])
    marks = InsertMarks(lambda: next(moments))
    assert [5, 6, 7, 9] == [marks.begin() for _ in range(4)]


def test_what_is_under_way_is_waited_for() -> None:
    marks = InsertMarks(lambda: 5)
    first, second = marks.begin(), marks.begin()
    marks.end(second)
    assert first == marks.settled()
    marks.end(first)
    marks.end(first)
    assert marks.settled() > second


def test_no_later_insert_is_marked_earlier_than_what_was_settled() -> None:
    marks = InsertMarks(lambda: 5)
    settled = marks.settled()
    assert marks.begin() > settled
