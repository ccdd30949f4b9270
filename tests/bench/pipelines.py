"""What spans are sent through: the embedded server, or every role a process of its own."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import attrs
import httpx

sys.path.append(str(Path(__file__).parents[2]))
from tests.conftest import Server, await_that
from tests.deployed import RoleProcess
from tests.fronts import ClickHouse, clickhouse
from tests.kafka_broker import Broker

__all__ = ["ALL", "Pipeline", "deployed", "embedded"]

ALL = float("inf")

_START_SECONDS = 60
_numbers = itertools.count(1)


@attrs.frozen
class Pipeline:
    """Where spans are taken, which processes work on them, and what says how many can be seen.

    `seen` counts as queries do, or says `ALL` where spans are answered when they are stored.
    """

    url: str
    processes: dict[str, list[int]]
    seen: Callable[[], float]


@contextmanager
def embedded(folder: Path, spans: Callable[[], int]) -> Iterator[Pipeline]:
    """Run `prela serve`; afterwards its store must hold as many `spans`, each once."""
    server = Server(folder / "data")
    try:
        server.start()
        yield Pipeline(server.url, {"serve": [server.running.pid]}, lambda: ALL)
    finally:
        server.end()
    with clickhouse(folder / "data" / "store") as front:
        _check(front, "default", spans())


@contextmanager
def deployed(
    folder: Path, broker: Broker, front: ClickHouse, *, workers: int, spans: Callable[[], int]
) -> Iterator[Pipeline]:
    """Run a gateway and workers between a broker and a front; the check is that of `embedded`."""
    name = f"bench_{next(_numbers)}"
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap,
        **{f"KAFKA_TOPIC_{one.upper()}": f"{name}-{one}" for one in ("traces", "spans")},
        **{f"KAFKA_GROUP_{one.upper()}": f"{name}-{one}" for one in ("traces", "spans")},
        "CLICKHOUSE_HOST": "127.0.0.1",
        "CLICKHOUSE_PORT": str(front.port),
        "CLICKHOUSE_DATABASE": name,
    }
    front.command(f"CREATE DATABASE {name}")
    roles = ["ingest", *["worker"] * workers]
    processes = [
        RoleProcess(folder / str(number), settings, (role,)) for number, role in enumerate(roles)
    ]
    with ExitStack() as stack:
        for process in processes:
            stack.callback(process.end)
            process.launch()
        for process in processes:
            process.await_ready()
            await_that(
                lambda at=process: at.client.get(f"{at.url}/ready").status_code == httpx.codes.OK,
                f"{process.arguments} to be ready",
                seconds=_START_SECONDS,
            )
        await_that(
            lambda: all(map(_partitions, processes[1:])),
            "a share of the topic for each worker",
            seconds=_START_SECONDS,
        )
        url = f"http://127.0.0.1:{front.port}"
        asking = stack.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=60))
        count = f"SELECT count() FROM {name}.spans"
        gateway, *working = [process.running.pid for process in processes]
        yield Pipeline(
            processes[0].url,
            {
                "gateway": [gateway],
                "workers" if workers > 1 else "worker": working,
                "broker": [broker.pid],
                "front": [front.pid],
            },
            lambda: int(asking.post("", content=count).text),
        )
    _check(front, name, spans())
    front.command(f"DROP DATABASE {name}")


def _partitions(worker: RoleProcess) -> int:
    shown = worker.client.get(f"{worker.url}/metrics").text
    return shown.count('prela_worker_lag_records{feed="spans",')


def _check(front: ClickHouse, database: str, expected: int) -> None:
    distinct = "uniqExact(project_id, trace_id, span_id)"
    found = int(front.command(f"SELECT {distinct} FROM {database}.spans"))
    if found != expected:
        sys.exit(f"{expected:,} spans were accepted, and {found:,} are stored")
