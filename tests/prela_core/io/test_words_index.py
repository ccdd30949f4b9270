"""A search through the text index finds what reading every text finds, in any state of merging."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.model import SpanBatch, to_micros
from prela_core.store import PageRequest, TraceFilter, word_index
from prela_core.testing import NOON, ManualClock, MemoryStore, span_record

MICROS = to_micros(NOON)
HOUR = 3_600_000_000

TEXTS = [
    "The refund was paid", "refunds, prerefund and re-fund", "REFUND_42 refund-43 refund.44",
    "one two three", "one  two three", "two one", "onetwo", "xone twox",
    "退款已完成", "关于量子纠缠的问题", "量子 纠缠", "結果を確認して", "결제가 환불되었습니다",
    "Возврат оплачен", "ВОЗВРАТЫ", "ΟΔΟΣ ΑΘΗΝΑΣ", "οδός", "ΣΣ σς", "ÄRGER im Büro", "naïve naive",
    "शुल्क वापस", "ทดสอบระบบ", "😀🦊😀 fox", "\N{KELVIN SIGN}elvin", "straße STRASSE", "ǆ Ǆ",
    "line\nend", "line\\nend", 'say "hi" now', "tab\there", "a\\b\\c", "path C:\\new\\table",
    "50% off_now", "it's", "don't", "http://host/path?q=1", "a.b.c", "{x:String}", "\x01ctl\x7f",
    "x" * 300, "0af7651916cd43dd8448eb211c80319c", "call_9XyZ12", "1", "12.5", "e", "", "   ", "--",
]  # fmt: skip


def spans(number: int) -> list[Any]:
    """Each text where it is shown as it is, and where it is JSON."""
    made = []
    for at, text in enumerate(TEXTS):
        key = f"{number}-{at}"
        said = {"input.value": text} if at % 3 == 0 else {"k": [text, {text or "k": at}]}
        made.append(
            span_record(
                trace_id=f"t{key}",
                span_id="a",
                started_at=MICROS - (at * 7 % 50) * HOUR - number,
                name=text if at % 2 else f"step {at}",
                status_message=text if at % 5 == 0 else "",
                attributes=msgspec.json.encode(said),
                events=msgspec.json.encode([{"name": text}]) if at % 4 == 0 else b"[]",
            )
        )
    return made


@pytest.fixture(scope="module")
def stores(tmp_path_factory: Any) -> Iterator[tuple[ClickHouseStore, MemoryStore]]:
    options: dict[str, Any] = {"retention_days": 0, "readers": 2, "windows_from": 0}
    directory = tmp_path_factory.mktemp("words")
    memory = MemoryStore()
    with closing(open_embedded(directory, clock=ManualClock().seconds, **options)) as store:
        for number in range(3):
            batch = SpanBatch("p", MICROS + number, spans(number))
            store.insert([batch])
            memory.insert([batch])
            if number == 1:  # two parts with an index, made one; the third has none
                with store.connection() as client:
                    client.command("OPTIMIZE TABLE spans FINAL")
                    client.command(
                        "ALTER TABLE spans MATERIALIZE INDEX words SETTINGS mutations_sync = 1"
                    )
                    client.command("SYSTEM STOP MERGES spans")
        replaced = [
            span_record(trace_id=f"t0-{at}", span_id="a", name="replaced") for at in range(0, 20, 4)
        ]
        batch = SpanBatch("p", MICROS + 9, replaced)
        store.insert([batch])
        memory.insert([batch])
        yield store, memory


@st.composite
def needles(draw: st.DrawFn) -> str:
    """Parts of what is there, and of nothing, in another case, as one phrase or as words."""
    found = []
    for _ in range(draw(st.integers(1, 2))):
        text = draw(st.sampled_from(TEXTS))
        start = draw(st.integers(0, len(text)))
        part = text[start : draw(st.integers(start, len(text)))][:40]
        part = draw(st.sampled_from([part, part.upper(), part.lower(), part + "q", part[::-1]]))
        found.append(f'"{part}"' if draw(st.booleans()) else part)
    return " ".join(found)


def pages(store: Any, q: str, limit: int) -> list[list[Any]]:
    seen, cursor = [], None
    while True:
        page = store.search("p", TraceFilter(q=q), PageRequest(limit=limit, cursor=cursor))
        seen.append([(hit.trace_id, hit.span_id, hit.excerpt, hit.field) for hit in page.items])
        cursor = page.next_cursor
        if cursor is None:
            return seen


@settings(max_examples=60, deadline=None)
@given(needles().filter(lambda q: q.replace('"', "").strip()), st.sampled_from([20, 200]))
def test_it_finds_what_the_plain_definition_finds(
    stores: tuple[ClickHouseStore, MemoryStore], q: str, limit: int
) -> None:
    store, memory = stores
    assert pages(memory, q, limit) == pages(store, q, limit)


@pytest.mark.parametrize(
    "q", ["refund", "efun", '"one two"', "款已", "纠缠", "возврат", "9xyz", '"line\nend"', "nend"]
)
def test_words_are_looked_up_and_few_rows_are_read(
    stores: tuple[ClickHouseStore, MemoryStore], q: str
) -> None:
    store, _ = stores
    found = store._asking.answer(word_index.look_up([q.strip('"')]))
    assert found is not None
    assert found.rows < 12
    assert 1 <= len(found.parts)
    assert store.search("p", TraceFilter(q=q), PageRequest()).items


def test_what_is_everywhere_is_not_looked_up(
    stores: tuple[ClickHouseStore, MemoryStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, memory = stores
    assert store._asking.answer(word_index.look_up(["--"])) is None
    monkeypatch.setattr(word_index, "_MAX_WORDS", 2)
    assert store._asking.answer(word_index.look_up(["e"])) is None
    assert pages(memory, "e", 200) == pages(store, "e", 200)


def test_it_tells_how_much_is_indexed(stores: tuple[ClickHouseStore, MemoryStore]) -> None:
    indexed, rows = stores[0].indexed_rows() or (0, 0)
    assert (2 * len(TEXTS), 3 * len(TEXTS) + 5) == (indexed, rows)
