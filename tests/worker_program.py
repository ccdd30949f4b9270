"""A worker as a process of its own, with places to fail in: `python -m tests.worker_program JSON`.

It says on standard output, in one line of JSON each, that it is ready, and every half second what
its feed counts; on SIGTERM it finishes what it has in hand and leaves.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import attrs

from prela_core.bus.grouping import GroupBounds
from prela_core.errors import UnavailableError
from prela_core.io.clickhouse_store import ClickHouseStore, open_server
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_feed import KafkaFeed
from prela_core.io.kafka_letters import KafkaLetters
from prela_core.model import SpanBatch
from prela_server.worker.service import TraceService

__all__ = ["WorkerProcess"]

_ROOT = Path(__file__).parents[1]


class WorkerProcess:
    """Starts one, and reads what it says.

    `dies_after` is the insert after which it is killed, before anything is committed.
    """

    def __init__(self, bootstrap: str, topic: str, clickhouse: int, **more: Any) -> None:
        self.said: list[dict[str, Any]] = []
        asked = {"bootstrap": bootstrap, "topic": topic, "clickhouse": clickhouse} | more
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.worker_program", json.dumps(asked)],
            cwd=_ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    @property
    def figures(self) -> dict[str, Any]:
        """What it said last."""
        return self.said[-1] if self.said else {}

    def memory(self) -> int:
        """Give the most memory it has had, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def stop(self, seconds: float = 30.0) -> int:
        """Ask it to end, and give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._ended(seconds)

    def kill(self) -> int:
        """End it at once."""
        self.process.kill()
        return self._ended(10)

    def wait(self, seconds: float = 60.0) -> int:
        """Wait until it ends by itself."""
        return self._ended(seconds)

    def end(self) -> None:
        """See to it that it is gone."""
        with suppress(ProcessLookupError):
            self.process.kill()
        self._ended(10)

    def _ended(self, seconds: float) -> int:
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self._reading.join(10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                self.said.append(json.loads(line))


@attrs.define
class _Dying:
    """A store after whose insert the process is killed."""

    store: ClickHouseStore
    inserts: int | None

    def insert(self, batches: Sequence[SpanBatch]) -> None:
        self.store.insert(batches)
        if self.inserts is not None:
            self.inserts -= 1
            if not self.inserts:
                os.kill(os.getpid(), signal.SIGKILL)


def _say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def _run(asked: dict[str, Any], store: ClickHouseStore) -> None:
    while True:
        try:
            await asyncio.to_thread(store.migrate)
            break
        except UnavailableError:
            await asyncio.sleep(0.5)
    connection = KafkaConnection(bootstrap_servers=asked["bootstrap"])
    letters = KafkaLetters(connection)
    feed = KafkaFeed(
        connection,
        topic=asked["topic"],
        group=asked.get("group", f"group-of-{asked['topic']}"),
        letters=letters,
        bounds=GroupBounds(rows=asked.get("rows", 20_000), age=0.1),
        session_seconds=asked.get("session", 6),
    )
    await feed.start()
    service = TraceService(
        {"spans": feed}, _Dying(store, asked.get("dies_after")), look_seconds=1.0
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, feed.close)

    async def tell() -> None:
        while True:
            _say(**attrs.asdict(feed.figures))
            await asyncio.sleep(0.5)

    telling = asyncio.create_task(tell())
    try:
        await service.run()
    finally:
        telling.cancel()
        await feed.stop()
        await letters.close()


def main() -> None:
    asked = json.loads(sys.argv[1])
    options: dict[str, Any] = {"retention_days": 0, "readers": 1}
    with closing(open_server("127.0.0.1", port=asked["clickhouse"], **options)) as store:
        asyncio.run(_run(asked, store))


if __name__ == "__main__":
    main()
