"""`load` fills every design with the same blocks in turn; `optimize` merges them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import attrs
from clickhouse_connect.driver.client import Client
from designs import (
    TRACE_DAYS,
    TRACE_SEEN,
    Design,
    loaded_indexes,
    spans_table,
    trace_days_view,
    trace_seen_view,
)
from engine import arrow_stream, cpu_seconds, insert, open_engine, print_sizes
from generator import Generator

__all__ = ["load", "optimize"]


@attrs.define
class _Cost:
    """What the inserts into one design took: seconds of each block, CPU seconds of all."""

    seconds: list[float] = attrs.field(factory=list)
    cpu: float = 0.0


def load(
    folder: Path,
    designs: Sequence[Design],
    *,
    with_text: Sequence[Design],
    index_on: Design,
    spans: int,
    block: int,
    stop_merges: bool,
) -> None:
    """Make the tables and fill them; each block goes to every design, the first one rotating."""
    client = open_engine(folder)
    _make_tables(client, designs, with_text, index_on)
    if stop_merges:
        client.command("SYSTEM STOP MERGES")  # only stops those of tables that exist by now
    costs = {design.letter: _Cost() for design in designs}
    generating = 0.0
    rows = 0
    began = time.time()
    blocks = iter(Generator(spans, block))
    number = 0
    while True:
        before = time.time()
        table = next(blocks, None)
        if table is None:
            break
        stream = arrow_stream(table)
        generating += time.time() - before
        rows += table.num_rows
        turn = number % len(designs)
        for design in (*designs[turn:], *designs[:turn]):
            _insert_measured(client, design, stream, costs[design.letter])
        number += 1
        if number % 40 == 0:
            print(f"{rows} rows {time.time() - began:.0f}s", flush=True)
    print(f"generated {rows} rows in {generating:.0f}s, wall {time.time() - began:.0f}s")
    for letter, cost in costs.items():
        print(
            f"| {letter} | insert {rows / sum(cost.seconds):,.0f} rows/s "
            f"| {cost.cpu / rows * 1e6:.1f} us CPU (merges included) "
            f"| p50 block {statistics.median(cost.seconds) * 1e3:.0f} ms |"
        )
    print_sizes(client)
    client.close()


def optimize(folder: Path, designs: Sequence[Design]) -> None:
    """Merge the designs and `trace_days` completely."""
    client = open_engine(folder)
    client.command("SYSTEM START MERGES")
    for table in [*(design.table for design in designs), "trace_days"]:
        began = time.time()
        client.command(f"OPTIMIZE TABLE {table} FINAL")
        print(f"optimize {table} {time.time() - began:.0f}s", flush=True)
    print_sizes(client)
    client.close()


def _make_tables(
    client: Client, designs: Sequence[Design], with_text: Sequence[Design], index_on: Design
) -> None:
    for design in designs:
        indexes = loaded_indexes(design, text=design in with_text)
        client.command(spans_table(design.table, design, indexes))
    if index_on in designs:
        client.command(TRACE_DAYS)
        client.command(trace_days_view(index_on.table))
        client.command(TRACE_SEEN)
        client.command(trace_seen_view(index_on.table))


def _insert_measured(client: Client, design: Design, stream: bytes, cost: _Cost) -> None:
    began, cpu = time.time(), cpu_seconds()
    insert(client, design.table, stream)
    cost.seconds.append(time.time() - began)
    cost.cpu += cpu_seconds() - cpu
