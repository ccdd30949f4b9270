"""Walks from what is newest: broken off anywhere, over any pages, nothing is left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prela_agents.model import Cursor
from prela_agents.platforms.walk import Walk


def step(listing: list[int], cursor: Cursor | None, size: int) -> tuple[list[int], Cursor, bool]:
    """Read one page of a listing that is newest first, from what `at` names on."""
    walk = Walk.of(cursor, 0)
    rest = [each for each in sorted(listing, reverse=True) if not walk.at or each < int(walk.at)]
    page = [each for each in rest[:size] if each >= walk.since]
    newest = max(page, default=None)
    if len(rest) <= size or len(page) < size:
        return page, walk.done(newest), False
    return page, walk.onward(newest, str(page[-1])), True


@given(
    arrivals=st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=12),
    size=st.integers(1, 4),
)
def test_nothing_is_left_out(arrivals: list[list[int]], size: int) -> None:
    listing: list[int] = []
    seen: set[int] = set()
    cursor: Cursor | None = None
    for batch in arrivals:  # one page is read after each arrival
        for gap in batch:
            listing.append((max(listing, default=0)) + 1 + gap)
        page, cursor, _ = step(listing, cursor, size)
        seen.update(page)
    for _ in range(2):  # a walk may be half way, and what came meanwhile is for the next
        more = True
        while more:
            page, cursor, more = step(listing, cursor, size)
            seen.update(page)
    assert set(listing) == seen


def test_what_is_dated_in_the_future_does_not_end_all_walks() -> None:
    cursor = Walk.of(None, 0, now=100).done(7_000_000_000)
    assert 100 == Walk.of(cursor, 0).since
