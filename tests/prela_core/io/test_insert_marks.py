from __future__ import annotations

import pytest

from prela_core.io.insert_marks import InsertMarks


def test_marks_grow_though_the_clock_stands_still_or_goes_back() -> None:
    moments = iter([5, 5, 3, 9])
    marks = InsertMarks(lambda: next(moments))

    found = []
    for _ in range(4):
        with marks.marked() as mark:
            found.append(mark)
    assert [5, 6, 7, 9] == found


def test_what_is_under_way_is_waited_for_however_it_ends() -> None:
    marks = InsertMarks(lambda: 5)
    with marks.marked() as first:
        with pytest.raises(OSError, match="disk"), marks.marked() as second:
            raise OSError("disk")
        assert first == marks.settled()
    assert marks.settled() > second


def test_no_later_insert_is_marked_earlier_than_what_was_settled() -> None:
    marks = InsertMarks(lambda: 5)
    settled = marks.settled()
    with marks.marked() as mark:
        assert mark > settled
