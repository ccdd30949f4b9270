"""`ingest` measures what each set of indexes costs at insert, at search before merging, merged."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from clickhouse_connect.driver.client import Client
from collapse import OF_PROJECT
from designs import DESIGNS, INDEX_SETS, TRACE_SEEN, spans_table, trace_seen_view
from engine import arrow_stream, ask, cpu_seconds, insert, open_engine
from generator import Generator
from search import WORD
from texts import RARE_WORD

__all__ = ["ingest"]

_SPANS = {20_000: 200_000, 1_000: 60_000}
"""How many spans are inserted, by the size of a block."""
_LESS_COMMON_WORD = "w00040"


@attrs.frozen(eq=False)
class _Variant:
    """Indexes that are declared, and settings of the insert that may leave them out."""

    number: int
    indexes: str
    settings: Mapping[str, Any] = attrs.field(factory=dict)
    with_trace_seen: bool = False

    @property
    def table(self) -> str:
        return f"ing_{self.number}"

    @property
    def is_searched(self) -> bool:
        # 2-grams do not answer hasAnyTokens on words.
        return self.indexes in {"text:words", "text:cjk"}

    def __str__(self) -> str:
        said = [f"{name}={value}" for name, value in self.settings.items()]
        return " ".join([self.indexes, *said, *(["+trace_seen"] if self.with_trace_seen else [])])


_EXCLUDED = {"exclude_materialize_skip_indexes_on_insert": "tx_in,tx_out"}
_VARIANTS = [
    _Variant(0, "none"),
    _Variant(1, "lookups"),
    _Variant(2, "text:words"),
    _Variant(3, "text:cjk"),
    _Variant(4, "text:2-grams"),
    _Variant(5, "text:cjk", _EXCLUDED),
    _Variant(6, "text:cjk", {"materialize_skip_indexes_on_insert": 0}),
    _Variant(7, "lookups", with_trace_seen=True),
]


def ingest(folder: Path) -> None:
    """Insert the same blocks into every variant in turn; merges wait until the end."""
    client = open_engine(folder)
    for variant in _VARIANTS:
        _make_table(client, variant)
    print("| indexes | block | spans/s (median block) | us CPU / span | ms per block |")
    for size, spans in _SPANS.items():
        _print_inserts(client, size, spans)
    print("| search on unmerged parts | rows found | ms |")
    for variant in _VARIANTS:
        if variant.is_searched:
            for word in (RARE_WORD, _LESS_COMMON_WORD):
                _print_search(client, variant, word)
    for variant in _VARIANTS:
        _print_merge(client, variant)
    client.close()


def _make_table(client: Client, variant: _Variant) -> None:
    client.command(f"DROP TABLE IF EXISTS {variant.table}")
    client.command(spans_table(variant.table, DESIGNS["B"], INDEX_SETS[variant.indexes]))
    client.command(f"SYSTEM STOP MERGES {variant.table}")
    if variant.with_trace_seen:
        client.command("DROP TABLE IF EXISTS trace_seen_mv")
        client.command("DROP TABLE IF EXISTS trace_seen")
        client.command(TRACE_SEEN)
        client.command(trace_seen_view(variant.table))
        client.command("SYSTEM STOP MERGES trace_seen")


def _print_inserts(client: Client, size: int, spans: int) -> None:
    tables = list(Generator(spans, size))
    rows = statistics.mean(table.num_rows for table in tables)
    costs: dict[_Variant, list[tuple[float, float]]] = {variant: [] for variant in _VARIANTS}
    for block in [arrow_stream(table) for table in tables]:
        for variant, taken in costs.items():
            taken.append(_insert_measured(client, variant, block))
    for variant, taken in costs.items():
        seconds = statistics.median(each for each, _ in taken)
        cpu = statistics.mean(each for _, each in taken)
        print(
            f"| {variant} | {size} | {rows / seconds:,.0f} "
            f"| {cpu / rows * 1e6:.1f} | {seconds * 1e3:.0f} |"
        )


def _insert_measured(client: Client, variant: _Variant, block: bytes) -> tuple[float, float]:
    began, cpu = time.time(), cpu_seconds()
    insert(client, variant.table, block, **variant.settings)
    return time.time() - began, cpu_seconds() - cpu


def _print_search(client: Client, variant: _Variant, word: str) -> None:
    def count() -> Sequence[Sequence[Any]]:
        sql = f"SELECT count() FROM {variant.table} WHERE {OF_PROJECT} AND ({WORD})"
        return ask(client, sql, q=word)

    count()
    began = time.time()
    found = count()[0][0]
    print(f"| {variant} {word} | {found} | {(time.time() - began) * 1e3:.0f} |")


def _print_merge(client: Client, variant: _Variant) -> None:
    client.command(f"SYSTEM START MERGES {variant.table}")
    began, cpu = time.time(), cpu_seconds()
    client.command(f"OPTIMIZE TABLE {variant.table} FINAL")
    seconds, used = time.time() - began, cpu_seconds() - cpu
    data, indexes, rows = ask(
        client,
        "SELECT round(sum(data_compressed_bytes)/sum(rows)), "
        "round(sum(secondary_indices_compressed_bytes)/sum(rows)), sum(rows) "
        f"FROM system.parts WHERE active AND table='{variant.table}'",
    )[0]
    print(
        f"| merge {variant} | {seconds:.1f} s | {used / rows * 1e6:.1f} us CPU/row "
        f"| data {data} B, indexes {indexes} B a row |"
    )
