"""Known traces are read in the hours where they were seen, and wherever else they are."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from prela_core.store.fragments import Query
from prela_core.store.located import (
    Located,
    locate,
    locate_proposed,
    proposed_by,
    read_proposed,
)

PROPOSED = [("a", 9, 71, [3600]), ("b", 8, 72, [3600, 7200]), ("c", 7, 73, [7200])]


def driven(
    plan: Generator[Query, Any, Any], answer: Callable[[Query], list[Any]]
) -> tuple[Any, list[Query]]:
    """Answer a plan to its end; gives what it came to and what it asked."""
    asked = []
    try:
        query = next(plan)
        while True:
            asked.append(query)
            query = plan.send(answer(query))
    except StopIteration as stop:
        return stop.value, asked


def reading(known: Located) -> Query:
    return Query("read", {"places": known.pairs})


def engine(hours: list[tuple[int, int]]) -> Callable[[Query], list[Any]]:
    """Give rows that tell in which hours their trace was read."""

    def answer(query: Query) -> list[Any]:
        if query.sql != "read":
            return hours
        read: dict[str, list[int]] = {}
        for hour, trace_id in query.parameters["places"]:
            read.setdefault(trace_id, []).append(hour)
        return [(trace_id, sorted(there)) for trace_id, there in read.items()]

    return answer


def test_what_was_seen_is_read_while_the_rest_is_looked_for() -> None:
    hours = [(71, 3600), (72, 3600), (72, 7200), (73, 7200)]
    found, asked = driven(read_proposed("p", PROPOSED, reading), engine(hours))
    assert [("a", [3600]), ("b", [3600, 7200]), ("c", [7200])] == sorted(found)
    looks_up, reads = asked
    assert (reads,) == looks_up.meanwhile


def test_only_a_trace_that_is_elsewhere_too_is_read_again() -> None:
    hours = [(71, 3600), (72, 3600), (72, 7200), (73, 7200), (73, 0)]
    found, asked = driven(read_proposed("p", PROPOSED, reading), engine(hours))
    assert [("a", [3600]), ("b", [3600, 7200]), ("c", [0, 7200])] == sorted(found)
    assert [[(7200, "c"), (0, "c")]] == [each.parameters["places"] for each in asked[1:2]]


def test_a_trace_that_is_gone_since_is_no_reason_to_read_again() -> None:
    found, asked = driven(read_proposed("p", PROPOSED, reading), engine([(71, 3600)]))
    assert ["a", "b", "c"] == sorted(row[0] for row in found)
    assert 2 == len(asked)


def test_traces_of_one_hash_have_the_hours_of_both() -> None:
    proposed = [("a", 9, 71, [0]), ("b", 8, 71, [0])]
    located, _ = driven(locate_proposed("p", proposed), lambda _: [(71, 0), (71, 3600)])
    assert {(0, "a"), (0, "b"), (3600, "a"), (3600, "b")} == set(located.pairs)


def test_no_traces_need_no_question() -> None:
    assert (Located([]), []) == driven(locate("p", []), lambda _: [])


def test_ids_are_looked_up_by_what_the_table_has_of_them() -> None:
    answers = iter([[(71, "a"), (72, "b")], [(72, 7200), (71, 3600)]])
    located, asked = driven(locate("p", ["a", "b"]), lambda _: next(answers))
    assert Located([(7200, "b"), (3600, "a")]) == located
    assert [71, 72] == asked[1].parameters["hashes"]
    assert Located([(3600, "a")]) == located.only(["a", "c"])


def test_rows_propose_their_traces_and_the_hours_that_are_near() -> None:
    second, hour = 1_000_000, 3_600_000_000
    rows = [
        ("late", 7, 5 * hour + 30 * 60 * second),
        ("end", 8, 3 * hour - 119 * second),
        ("late", 7, 2 * hour + 121 * second),
        ("begin", 9, 2 * hour + 119 * second),
        ("first", 10, 5 * second),
    ]
    assert [
        ("late", 5 * hour + 30 * 60 * second, 7, [7200, 5 * 3600]),
        ("end", 3 * hour - 119 * second, 8, [7200, 3 * 3600]),
        ("begin", 2 * hour + 119 * second, 9, [3600, 7200]),
        ("first", 5 * second, 10, [0]),
    ] == proposed_by(rows)
