"""What groups come to together is what plain Python makes of all their spans."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prela_core.store.metric_sums import add_up, together

_times = st.lists(st.floats(0, 1e6), max_size=4)


@given(st.lists(_times, min_size=1, max_size=5))
def test_sums_and_extremes_are_those_of_all(groups: list[list[float]]) -> None:
    raws = [
        {
            "spans": len(times) + 1,
            "duration_known": len(times),
            "duration_min": min(times, default=0.0),
            "duration_max": max(times, default=0.0),
            "duration_percentiles": [],
        }
        for times in groups
    ]
    all_times = [each for times in groups for each in times]
    assert together(raws) == {
        "spans": len(all_times) + len(groups),
        "duration_known": len(all_times),
        "duration_min": min(all_times, default=0),
        "duration_max": max(all_times, default=0),
    }


def test_percentiles_and_numbers_of_users_do_not_add_up() -> None:
    assert add_up(["spans", "cost", "ttft_min"])
    for part in ("duration_percentiles", "traces", "users", "sessions"):
        assert not add_up(["spans", part])
