"""The floor: the engine alone, given the same spans as Arrow streams made beforehand.

    python tests/bench/floor.py --spans 100000 --seed 0

A process of its own, so that its CPU and memory are nobody else's. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import clickhouse_connect
import pyarrow as pa
from load import body_of, otlp_posts
from traces import spans

from prela_core.io.clickhouse_opening import open_embedded
from prela_core.model import SpanBatch
from prela_core.store.rows import span_table
from prela_core.store.vocabulary import WORDS_INDEX
from prela_core.wire import Limits, decode_otlp_protobuf

__all__ = ["BLOCK", "arrow_stream", "floor", "insert_block"]

BLOCK = 20_000
_SETTINGS = {"async_insert": 0, "exclude_materialize_skip_indexes_on_insert": WORDS_INDEX}


def floor(count: int, seed: int, newest: int) -> dict[str, float]:
    """Measure in a process of its own: `rate` in spans/s, `cpu` in us/span, `disk` in bytes/span.

    `newest` is when the last of the spans begins, in microseconds.
    """
    words = ("--spans", str(count), "--seed", str(seed), "--newest", str(newest))
    done = subprocess.run(
        [sys.executable, __file__, *words], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spans", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--newest", type=int, default=time.time_ns() // 1000)
    options = parser.parse_args()
    made = list(spans(options.seed, options.spans, newest=options.newest))
    blocks = [
        arrow_stream(_decoded(made[start : start + BLOCK], options.newest))
        for start in range(0, len(made), BLOCK)
    ]
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        closing(open_embedded(Path(folder))),
    ):
        client = clickhouse_connect.get_client(dsn=f"chdb://{folder}")
        cpu, began = _cpu(), time.perf_counter()
        for columns, block in blocks:
            insert_block(client, columns, block)
        seconds, cpu = time.perf_counter() - began, _cpu() - cpu
        ((disk,),) = client.query(
            "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'spans'"
        ).result_rows
        client.close()
    per_span = {"rate": len(made) / seconds, "cpu": cpu / len(made) * 1e6}
    print(json.dumps({**per_span, "disk": disk / len(made)}))


def _decoded(made: list[dict[str, Any]], at: int) -> list[SpanBatch]:
    (request,) = otlp_posts(made, len(made))
    limits = Limits(body=1 << 30)
    decoded = decode_otlp_protobuf(body_of(request), received_at=at, limits=limits)
    return [SpanBatch("bench", at, decoded.spans)]


def arrow_stream(batches: list[SpanBatch]) -> tuple[list[str], bytes]:
    """Give the columns that our own server would insert of these spans, and their bytes."""
    table = span_table(batches, batches[0].received_at)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return table.column_names, sink.getvalue().to_pybytes()


def insert_block(client: Any, columns: list[str], block: bytes) -> None:
    """Insert one stream; returns after its rows are on disk."""
    client.raw_insert(
        "spans", column_names=columns, insert_block=block, fmt="ArrowStream", settings=_SETTINGS
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
