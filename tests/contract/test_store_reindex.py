"""Stored spans read again: seen once, by the tables of now, whatever happens meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prela_core.conventions import TypedColumns, resolve
from prela_core.model import Flag, SpanBatch, SpanRecord, to_micros
from prela_core.store import Reindexed, ReindexScope, rows
from prela_core.store import reindex as reindexing
from prela_core.testing import NOON, span_record, versions

MICROS = to_micros(NOON)
DAY = 86_400_000_000

# One example asks the engine some twenty questions, and merges.
EMBEDDED_EXAMPLES = 100 if os.environ.get("PRELA_TESTS") == "thorough" else 4


def older(span: SpanRecord) -> TypedColumns:
    """Read a span as an earlier version might have: no model, no cost, another output."""
    typed = resolve(span)
    typed.model = typed.cost_source = typed.price_version = typed.scores = ""
    typed.cost_usd, typed.output = None, "old"
    return typed


@contextmanager
def older_tables() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_compiled", None)  # which reads the tables of now
        patch.setattr(rows, "resolve", older)
        yield


SAID = (
    b'{"llm.model":"gpt-4o","llm.input_tokens":1000,"llm.output_tokens":-1,"output.value":"new",'
    b'"user.id":"u","odd":1.50}'
)


def insert_older(place: Any, *spans: SpanRecord) -> SpanBatch:
    with older_tables():
        batch: SpanBatch = place.insert(*spans)
    return batch


def run(place: Any, *, dry_run: bool = False, **scope: Any) -> Reindexed:
    scope.setdefault("project_id", place.project)
    *_, last = place.store.reindex(ReindexScope(**scope), dry_run=dry_run)
    assert isinstance(last, Reindexed)
    return last


def everything(place: Any, plain: Any) -> Any:
    """Give what readers see of the project's traces, in lists, one by one and in searches."""
    listed = plain(place.traces().items)
    return listed, [plain(place.trace(row["trace_id"])) for row in listed]


SPANS = [
    span_record(trace_id="t", span_id="root", span_type="agent", attributes=b'{"odd": 1.50}'),
    span_record(
        trace_id="t",
        span_id="a",
        parent_span_id="root",
        span_type="llm",
        span_type_sent="LLM",
        attributes=SAID,
        events=(
            b'[{"name":"gen_ai.evaluation.result","attributes":'
            b'{"gen_ai.evaluation.name":"fit","gen_ai.evaluation.score.value":0.5}}]'
        ),
        links=b'[{"trace_id":"x","span_id":"y"}]',
        flags=int(Flag.CLOCK_SKEW | Flag.TRUNCATED),
        status="error",
        status_message="it broke",
        started_at=MICROS + 1,
    ),
    span_record(trace_id="t", span_id="b", span_type="", span_type_sent="", attributes=SAID),
    span_record(trace_id="t", span_id="c", span_type="custom", span_type_sent="odd"),
    span_record(trace_id="u", span_id="d", started_at=MICROS - 3 * DAY, attributes=SAID),
    span_record(trace_id="u", span_id="e", status="pending", attributes=SAID),
]


def test_spans_read_again_are_as_if_stored_now(place: Any, plain: Any) -> None:
    now = place.elsewhere()
    now.received_at = place.received_at
    insert_older(place, *SPANS)
    now.insert(*SPANS)
    expected = everything(now, plain)
    assert expected != everything(place, plain)
    (scored,) = [each for each in now.spans("t").items if each.span_id == "a"]
    assert [{"name": "fit", "value": 0.5}] == plain(scored.scores)

    assert Reindexed(6, 6, 6) == run(place)
    for _ in range(2):
        assert expected == everything(place, plain)
        assert ["t", "u"] == place.ids(model="gpt-4o")
        assert (["t", "u"], []) == (place.hits("new"), place.hits("old"))
        place.merge()


def test_run_again_it_changes_nothing(place: Any) -> None:
    insert_older(place, *SPANS)

    assert Reindexed(6, 6, 6) == run(place)
    assert Reindexed(6, 6, 0) == run(place)
    place.merge()
    assert Reindexed(6, 6, 0) == run(place)


def test_a_dry_run_counts_and_changes_nothing(place: Any, plain: Any) -> None:
    insert_older(place, *SPANS)
    before = everything(place, plain)

    assert Reindexed(6, 6, 6) == run(place, dry_run=True)
    assert before == everything(place, plain)


def test_rows_that_read_the_same_are_left_alone(place: Any) -> None:
    place.insert(*SPANS[:3])
    insert_older(place, *SPANS[3:])

    assert Reindexed(6, 6, 3) == run(place)


def test_only_the_wanted_spans_are_read_again(place: Any) -> None:
    other = place.elsewhere()
    insert_older(place, *SPANS)
    insert_older(other, *SPANS)

    assert Reindexed(1, 1, 1) == run(place, end_time=MICROS - 2 * DAY)
    assert Reindexed(1, 1, 1) == run(place, start_time=MICROS + 1, end_time=MICROS + 2)
    assert Reindexed(0, 0, 0) == run(place, start_time=MICROS + DAY)
    assert Reindexed(0, 0, 0) == run(place, project_id="nobody's")
    assert Reindexed(6, 6, 4) == run(place)
    assert Reindexed(6, 6, 6) == run(other)


def test_all_projects_are_read_again_when_none_is_named(place: Any) -> None:
    other = place.elsewhere()
    insert_older(place, *SPANS)
    insert_older(other, *SPANS)

    assert 12 <= run(place, project_id=None).changed
    assert (0, 0) == (run(place).changed, run(other).changed)


def test_a_repeat_of_what_was_sent_does_not_undo_it(place: Any, plain: Any) -> None:
    batch = insert_older(place, *SPANS)
    run(place)
    expected = everything(place, plain)

    with older_tables():
        place.store.insert([batch, batch])
    assert expected == everything(place, plain)
    place.merge()
    assert expected == everything(place, plain)


def test_a_version_that_is_newer_is_seen_whenever_it_comes(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = span_record(trace_id="t", span_id="a", status="pending", attributes=SAID)
    insert_older(place, span)
    later = attrs.evolve(span, name="later")

    def overtaken(*row: Any) -> Any:
        """Read a row again, while one that was received a microsecond later is inserted."""
        place.store.insert([SpanBatch(place.project, place.received_at + 1, [later])])
        return rows.reread(*row)

    with monkeypatch.context() as patch:
        for module in (reindexing, versions):
            patch.setattr(module, "reread", overtaken)
        assert 1 == run(place).changed
    assert ("later", "gpt-4o") == _seen(place)

    place.insert(attrs.evolve(span, name="last"))
    run(place)
    assert ("last", "gpt-4o") == _seen(place)
    place.insert(span_record(trace_id="t", span_id="a", name="ended", attributes=SAID))
    run(place)
    place.merge()
    assert ("ended", "gpt-4o") == _seen(place)


def _seen(place: Any) -> tuple[str, str]:
    (span,) = place.trace("t").spans
    (row,) = place.traces().items
    assert (1, span.name) == (row.span_count, row.name)
    return span.name, span.model


@pytest.mark.parametrize("step", [1, DAY, 40 * DAY])
def test_a_version_that_moved_in_time_still_wins(place: Any, plain: Any, step: int) -> None:
    insert_older(place, span_record(trace_id="t", name="early", started_at=MICROS - step))
    insert_older(place, span_record(trace_id="t", name="late", attributes=SAID))
    run(place)
    for _ in range(2):
        assert ("late", "gpt-4o") == _seen(place)
        assert ([], []) == (place.ids(end_time=MICROS), place.ids(name="early"))
        place.merge()
    assert 0 == run(place).changed


@pytest.mark.parametrize("groups", [0, 1, 2, 3])
def test_it_may_end_anywhere_and_start_again(
    place: Any, plain: Any, groups: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindexing, "_GROUP_BYTES", 2 * reindexing._ROW_BYTES)
    spans = [span_record(trace_id=f"t{at}", span_id="s", attributes=SAID) for at in range(7)]
    insert_older(place, *spans)
    going = place.store.reindex(ReindexScope(project_id=place.project))
    states = [next(going) for _ in range(groups + 1)]
    going.close()
    changed = states[-1].changed

    assert Reindexed(7, 7, 7 - changed) == run(place)
    assert [7, {"gpt-4o"}] == [
        len(place.traces(limit=100).items),
        {model for row in place.traces(limit=100).items for model in row.models},
    ]


def test_many_rows_are_read_in_groups(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindexing, "_GROUP_BYTES", 300 * reindexing._ROW_BYTES)
    spans = [
        span_record(trace_id=f"t{at % 40}", span_id=f"s{at}", attributes=SAID) for at in range(1500)
    ]
    insert_older(place, *spans)
    states = [*place.store.reindex(ReindexScope(project_id=place.project))]

    assert Reindexed(1500, 0, 0) == states[0]
    assert Reindexed(1500, 1500, 1500) == states[-1]
    assert len(states) > 3
    assert [each.looked_at for each in states] == sorted(each.looked_at for each in states)
    assert 0 == run(place).changed


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """Give inserts by old and new programs, repetitions of some, and runs between them."""
    steps: list[tuple[str, Any]] = []
    for at in range(draw(st.integers(1, 5))):
        pending = draw(st.booleans())
        day = draw(st.sampled_from([0, 0, DAY]))
        span = span_record(
            trace_id="t",
            span_id=draw(st.sampled_from("ab")),
            name=f"version {at}",
            status="pending" if pending else "success",
            started_at=MICROS - day,
            attributes=SAID,
        )
        # Receipts of neighbouring microseconds: the harder case.
        batch = (MICROS + at, span)
        steps.append((draw(st.sampled_from(["old", "new"])), batch))
    repeated = draw(st.lists(st.sampled_from(steps), max_size=3))
    runs = draw(st.lists(st.just(("run", None)), max_size=2))
    return draw(st.permutations([*steps, *repeated, *runs]))


def check_history(mine: Any, now: Any, history: list[tuple[str, Any]], plain: Any) -> None:
    """Play it in `mine`, and in `now` as if all had been stored by the tables of now."""
    for kind, batch in history:
        if kind == "run":
            run(mine)
            continue
        for where in (mine, now):
            stored = SpanBatch(where.project, batch[0], [batch[1]])
            if kind == "old" and where is mine:
                with older_tables():
                    where.store.insert([stored])
            else:
                where.store.insert([stored])
    run(mine)

    assert everything(now, plain) == everything(mine, plain)
    assert 0 == run(mine).changed
    mine.merge()
    assert everything(now, plain) == everything(mine, plain)


@given(history=histories())
def test_the_oracle_sees_the_latest_version_by_the_tables_of_now(
    in_memory: Any, history: Any, plain: Any
) -> None:
    place = in_memory()
    check_history(place, place.elsewhere(), history, plain)


@settings(max_examples=EMBEDDED_EXAMPLES)
@given(history=histories())
def test_every_store_sees_the_latest_version_by_the_tables_of_now(
    place: Any, history: Any, plain: Any
) -> None:
    check_history(place.elsewhere(), place.elsewhere(), history, plain)
