"""Hold what must not become slower, on any machine: ratios taken in one run, never times.

    python tests/bench/gate.py                     # under a minute; exit code 1 if a ratio rose
    python tests/bench/gate.py --only columns      # those whose name holds it
    python tests/bench/gate.py --profile columns   # where that path's time goes
    python tests/bench/gate.py --slower 1.5        # so much slower: decoding, columns are caught
    python tests/bench/gate.py --keep              # write what was measured, after a change meant

Each ratio is CPU time of a path of ours to that of something fixed on the same bytes: a bare
parser, or the engine alone. They take turns, so that whatever else the machine does troubles both;
the ratio is that of medians or of quickest turns, and one that is over its limit is taken twice
more, for a path that became slower stays so. How many statements a question sends is simply
counted. The limits are in `gate_limits.json`: `slack` times what was measured when they were kept.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import clickhouse_connect
import pyarrow as pa
from floor import arrow_stream, insert_block
from load import body_of, otlp_posts
from reporting import table
from traces import COMMON_WORD, spans

from prela_core.io import clickhouse_answers
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_statements import tables_of
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.model import SpanBatch
from prela_core.store import Measure, MetricQuery, Order, PageRequest, TraceFilter, rows
from prela_core.wire import Limits, decode_batch, decode_otlp_protobuf, otlp_quick, prela_json

__all__ = ["main"]

LIMITS = Path(__file__).with_name("gate_limits.json")
SPANS = 500
GROUPED = 8
"""Batches in one insert: as in life, they come in groups, and merges weigh less."""
ROUNDS = 11
TRIES = 3
LEAST_SECONDS = 0.03
"""CPU time of one turn, at least: the clock of processes is coarse."""
_NEWEST = 1_770_000_000_000_000
_PROJECT = "gate"


@attrs.frozen
class Ratio:
    """A path of ours, and what it is held against."""

    name: str
    ours: Callable[[], object]
    base: Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="those whose name holds this")
    parser.add_argument("--profile", metavar="NAME", help="show where that path's time goes")
    parser.add_argument("--slower", type=float, default=1.0, help="make each path slower by this")
    parser.add_argument("--keep", action="store_true", help="write the measured as the new limits")
    options = parser.parse_args()
    with (
        # The engine ends with its last client, and may still write for a moment.
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        closing(_opened(folder)) as store,
        closing(clickhouse_connect.get_client(dsn=f"chdb://{folder}")) as client,
    ):
        ratios = [each for each in _ratios(store, client) if options.only in each.name]
        if options.profile:
            _profile(next(each for each in ratios if options.profile in each.name).ours)
            return
        limits = json.loads(LIMITS.read_text())
        counted = {} if options.only else _statements(store)
        if options.keep:
            _keep(limits, {each.name: _measured(each, 1.0) for each in ratios}, counted)
            return
        rows = [_held(each, options.slower, limits) for each in ratios]
    for name, count in counted.items():
        most = limits["statements"].get(name, 0)
        rows.append({"what": name, "measured": count, "limit": most, "held": count <= most})
    print(table(rows))
    if over := [row for row in rows if not row["held"]]:
        sys.exit("\n".join(map(_told, over)))


def _opened(folder: str) -> ClickHouseStore:
    return open_embedded(Path(folder), retention_days=0)


def _ratios(store: ClickHouseStore, client: Any) -> Iterator[Ratio]:
    made = list(spans(1, SPANS, newest=_NEWEST))
    text = json.dumps({"spans": made}).encode()
    (request,) = otlp_posts(made, SPANS)
    protobuf = body_of(request)
    limits = Limits()
    decoded = decode_batch(text, received_at=_NEWEST, limits=limits)
    batches = [SpanBatch(_PROJECT, _NEWEST, decoded.spans)]
    parse = partial(json.loads, text)
    yield from _both(
        "decoding Prela JSON : json.loads",
        prela_json,
        partial(decode_batch, text, received_at=_NEWEST, limits=limits),
        parse,
    )
    yield from _both(
        "decoding OTLP protobuf : json.loads",
        otlp_quick,
        partial(decode_otlp_protobuf, protobuf, received_at=_NEWEST, limits=limits),
        parse,
    )
    # Both walk objects and fill new memory, which a busy machine may be short of alone.
    rows_of_objects = [attrs.asdict(span) for span in decoded.spans]
    yield from _both(
        "columns : pyarrow's own from rows",
        rows,
        partial(tables_of, batches, _NEWEST),
        partial(pa.Table.from_pylist, rows_of_objects),
    )
    group = batches * GROUPED
    columns, block = arrow_stream(group)
    engine = partial(insert_block, client, columns, block)
    yield from _both("store.insert : engine alone", rows, partial(store.insert, group), engine)


def _both(
    name: str, module: Any, ours: Callable[[], object], base: Callable[[], object]
) -> Iterator[Ratio]:
    """Give the ratio of Python alone, and that of what is compiled where it is there."""
    held = module._compiled
    if held is not None:
        yield Ratio(f"{name}, compiled", ours, base)

    def by_python() -> None:
        module._compiled = None
        try:
            ours()
        finally:
            module._compiled = held

    yield Ratio(name, by_python, base)


def _held(ratio: Ratio, slower: float, limits: dict[str, Any]) -> dict[str, Any]:
    limit = limits["slack"] * limits["ratios"].get(ratio.name, 0)
    measured = _measured(ratio, slower)
    for _ in range(TRIES - 1):
        if measured > limit:
            measured = min(measured, _measured(ratio, slower))
    return {"what": ratio.name, "measured": measured, "limit": limit, "held": measured <= limit}


def _measured(ratio: Ratio, slower: float) -> float:
    """Take turns for some rounds; give the ratio of their medians or of their quickest turns.

    The smaller of the two: company on a core makes turns dearer, and never cheaper.
    """
    times_base, times_ours = _times(ratio.base), _times(ratio.ours)
    base, ours = [], []
    for _ in range(ROUNDS):
        base.append(_turn(ratio.base, times_base, 1.0))
        ours.append(_turn(ratio.ours, times_ours, slower))
    return min(each(ours) / each(base) for each in (statistics.median, min))


def _times(work: Callable[[], object]) -> int:
    """Say how often work is done in one turn; it is warm afterwards."""
    work()
    began, times = time.process_time(), 0
    while time.process_time() - began < LEAST_SECONDS:
        work()
        times += 1
    return times


def _turn(work: Callable[[], object], times: int, slower: float) -> float:
    """Give the CPU time of one call; it is made `slower` by doing nothing for as long."""
    began = time.process_time()
    for _ in range(times):
        work()
    until = began + (time.process_time() - began) * slower
    while time.process_time() < until:
        pass
    return (time.process_time() - began) / times


def _statements(store: ClickHouseStore) -> dict[str, int]:
    """Count what each question sends to the engine."""
    text = json.dumps({"spans": list(spans(2, SPANS, newest=_NEWEST))}).encode()
    store.insert(
        [decode_batch(text, received_at=_NEWEST, limits=Limits()).batch(_PROJECT, _NEWEST)]
    )
    page = PageRequest(limit=50)
    other = PageRequest(limit=1)  # a page that was asked for is kept
    newest = store.traces(_PROJECT, TraceFilter(), Order.NEWEST, other).items[0].trace_id
    every = MetricQuery(measures=(Measure.COUNT,), start_time=0)
    asked: dict[str, Callable[[], object]] = {
        "a list of traces": lambda: store.traces(_PROJECT, TraceFilter(), Order.NEWEST, page),
        "a trace": lambda: store.trace(_PROJECT, newest),
        "a search": lambda: store.search(_PROJECT, TraceFilter(q=COMMON_WORD), page),
        "a measure": lambda: store.metrics(_PROJECT, every),
        "a stamp": lambda: store.stamp(_PROJECT, newest),
    }
    found = {}
    for name, question in asked.items():
        with _counting() as sent:
            question()
        found[f"statements of {name}"] = len(sent)
    return found


@contextmanager
def _counting() -> Iterator[list[str]]:
    sent: list[str] = []
    real = clickhouse_answers.rows_of

    def counted(client: Any, query: Any) -> Any:
        sent.append(query.sql)
        return real(client, query)

    clickhouse_answers.rows_of = counted
    try:
        yield sent
    finally:
        clickhouse_answers.rows_of = real


def _told(row: dict[str, Any]) -> str:
    name = row["what"]
    if isinstance(row["measured"], int):
        return f"{name} rose from {row['limit']} to {row['measured']}: look at its plan in store/"
    return (
        f"{name} rose to {row['measured']:.2f}, over {row['limit']:.2f}; see what takes the time: "
        f"python tests/bench/gate.py --profile '{name.partition(' : ')[0]}', here and on main"
    )


def _keep(limits: dict[str, Any], ratios: dict[str, float], counted: dict[str, int]) -> None:
    limits["ratios"] |= {name: round(each, 2) for name, each in ratios.items()}
    limits["statements"] |= counted
    LIMITS.write_text(json.dumps(limits, indent=2) + "\n")
    print(LIMITS.read_text())


def _profile(work: Callable[[], object]) -> None:
    work()
    with cProfile.Profile() as profile:
        for _ in range(20):
            work()
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
