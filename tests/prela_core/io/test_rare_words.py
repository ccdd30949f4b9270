"""Rare words are found newest first in parts that follow each other, and with few rows read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from tests.prela_core.io.test_words_index import pages

from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.model import SpanBatch, to_micros
from prela_core.store import PageRequest, TraceFilter, rare_words, vocabulary
from prela_core.testing import NOON, ManualClock, MemoryStore, span_record

MICROS = to_micros(NOON)
SECOND = 1_000_000
PARTS, EACH = 6, 40
# Some start with a second of the part before, where no order of parts tells which is newer.
WIDTH = EACH * SECOND - SECOND // 2


def name_of(part: int, at: int) -> str:
    """`rare` is in all parts, `single` in one, `olden` in the first; the others are everywhere."""
    words = [f"step {at}"]
    if at % 4 == 0:
        words.append("rare")
    if (part, at) == (2, 7):
        words.append("single")
    if part == 0:
        words.append("olden")
    return " ".join(words)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: Any) -> Iterator[tuple[ClickHouseStore, MemoryStore]]:
    """Parts one after another in time, most of them copied; later versions replace some spans."""
    patch = pytest.MonkeyPatch()
    patch.setattr(vocabulary, "_COPIED_ROWS", 1)
    patch.setattr(vocabulary, "_QUIET_SECONDS", -1)
    options: dict[str, Any] = {"retention_days": 0, "readers": 2, "windows_from": 0}
    memory = MemoryStore()
    directory = tmp_path_factory.mktemp("rare")
    with closing(open_embedded(directory, clock=ManualClock().seconds, **options)) as store:

        def put(version: int, records: list[Any]) -> None:
            batch = SpanBatch("p", MICROS + version, records)
            store.insert([batch])
            memory.insert([batch])

        with store.connection() as client:
            client.command("SYSTEM STOP MERGES spans")
        for part in range(PARTS):
            put(
                part,
                [
                    span_record(
                        # Every third trace goes on in a second span, some in the next part.
                        trace_id=f"t{(part * EACH + at) // 2 if at % 3 == 0 else part * EACH + at}",
                        span_id=f"{part}-{at}",
                        started_at=MICROS + part * WIDTH + at * SECOND,
                        name=name_of(part, at),
                    )
                    for at in range(EACH)
                ],
            )
        put(
            PARTS + 1,
            [
                span_record(trace_id=f"n{at}", span_id="a", name="tied", started_at=MICROS)
                for at in range(EACH)
            ],
        )
        with store.connection() as client:
            client.command("SYSTEM START MERGES spans")
            client.command("ALTER TABLE spans MATERIALIZE INDEX words SETTINGS mutations_sync = 1")
            client.command("SYSTEM STOP MERGES spans")
        patch.setattr(vocabulary, "_QUIET_SECONDS", 10**6)  # what follows stays without an index
        store.tend()
        put(
            PARTS,
            [
                span_record(trace_id=f"t{5 * EACH + 8}", span_id="5-8", name="replaced"),
                span_record(
                    trace_id="late",
                    span_id="a",
                    name="rare, and not indexed",
                    started_at=MICROS + 3 * WIDTH,
                ),
            ],
        )
        yield store, memory
    patch.undo()


@pytest.mark.parametrize("limit", [2, 7, 200])
@pytest.mark.parametrize(
    "q", ["rare", "RAR", "single", "olden", "rare olden", '"7 single"', "tied", "no"]
)
def test_every_page_is_what_the_plain_definition_finds(
    stores: tuple[ClickHouseStore, MemoryStore], q: str, limit: int
) -> None:
    store, memory = stores
    assert pages(memory, q, limit) == pages(store, q, limit)


def test_only_the_newest_parts_are_read_for_a_page(
    stores: tuple[ClickHouseStore, MemoryStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, memory = stores
    asked: list[Any] = []
    newest_rows = rare_words.newest_rows

    def noted(*arguments: Any, **named: Any) -> Any:
        asked.append(named["among"])
        return newest_rows(*arguments, **named)

    monkeypatch.setattr(rare_words, "newest_rows", noted)
    where, page = TraceFilter(q="rare"), PageRequest(limit=8)
    assert memory.search("p", where, page).items == store.search("p", where, page).items
    (parts,) = asked
    assert 1 <= len(parts) <= 3


def test_with_other_conditions_it_finds_the_same(
    stores: tuple[ClickHouseStore, MemoryStore],
) -> None:
    store, memory = stores
    page = PageRequest(limit=5)
    for where in (
        TraceFilter(q="rare", end_time=MICROS + 3 * WIDTH),
        TraceFilter(q="rare", start_time=MICROS + 2 * WIDTH),
        TraceFilter(q="rare", start_time=MICROS + 5 * WIDTH),
        TraceFilter(q="rare", status="error"),
    ):
        found = store.search("p", where, page)
        assert memory.search("p", where, page).items == found.items, where
