"""`prela serve worker` with places to fail in: `python -m tests.worker_program serve worker ...`.

Everything is the product's own, from its command line on. What is to go wrong is said as JSON in
`PRELA_TEST_FAULTS`:

* `dies_after`: the insert after which it is killed, before anything is committed
* `deaf_after`: how often its consumers find something, after which they find nothing more, and
  say nothing of it, as clients of Kafka have been seen to do
* `patience`: after how many seconds without a step a worker is stuck
"""

from __future__ import annotations

import itertools
import json
import os
import signal
from collections.abc import Sequence
from functools import partialmethod
from typing import Any

from aiokafka import AIOKafkaConsumer

from prela_cli.__main__ import main
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.model import SpanBatch
from prela_server.worker.service import TraceService

__all__ = ["FAULTS"]

FAULTS = "PRELA_TEST_FAULTS"


def _die_after(inserts: int) -> None:
    insert = ClickHouseStore.insert
    left = itertools.count(inserts - 1, -1)

    def insert_and_die(store: ClickHouseStore, batches: Sequence[SpanBatch]) -> None:
        insert(store, batches)
        if not next(left):
            os.kill(os.getpid(), signal.SIGKILL)

    ClickHouseStore.insert = insert_and_die  # type: ignore[method-assign]


def _be_deaf_after(finds: int) -> None:
    getmany = AIOKafkaConsumer.getmany
    left = finds

    async def find(consumer: AIOKafkaConsumer, **options: Any) -> Any:
        nonlocal left
        if not left:
            consumer.pause(*consumer.assignment())
        found = await getmany(consumer, **options)
        left -= any(found.values())
        return found

    AIOKafkaConsumer.getmany = find


def _start(faults: dict[str, Any]) -> None:
    if "dies_after" in faults:
        _die_after(faults["dies_after"])
    if "deaf_after" in faults:
        _be_deaf_after(faults["deaf_after"])
    if "patience" in faults:
        patient = partialmethod(TraceService.__init__, patience=faults["patience"])
        TraceService.__init__ = patient  # type: ignore[method-assign, assignment]
    main()


if __name__ == "__main__":
    _start(json.loads(os.environ[FAULTS]))
