"""The deployed pipeline for tests: every role a process of its own, over real services.

A deployment stands where an embedded `Server` does, so that one suite of tests serves both. The
services are started once; each deployment has topics, a database and a schema of its own there.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import attrs
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from anyio.from_thread import BlockingPortal, start_blocking_portal
from tests.conftest import Api, NewServer, Server, Wire, await_that, run_prela
from tests.fronts import ClickHouse, clickhouse
from tests.local_http import local_client
from tests.postgres import PASSWORD, Postgres
from tests.redis_server import RedisServer

__all__ = ["Deployment", "RoleProcess", "Services", "new_deployment", "services"]

_START_SECONDS = 60
_SETTLE_SECONDS = 60
_TOPICS = ("traces", "spans")
_numbers = itertools.count(1)


@attrs.define
class RoleProcess(Server):
    """`prela serve ROLE` as a process of its own; where it is, it says in its log: as `ready`."""

    ready: str = r"Prela is ready at (\S+)"
    said: int = 0

    def launch(self) -> None:
        """Begin to start; `await_ready` sees it through."""
        self.said = len(re.findall(self.ready, self.log))
        super().launch()

    def await_ready(self) -> None:
        """Wait until it says where it is."""

        def announced() -> str | None:
            if self.running.poll() is not None:
                pytest.fail(f"{self.arguments} ended with {self.running.returncode}:\n{self.log}")
            found = re.findall(self.ready, self.log)
            return found[-1] if len(found) > self.said else None

        self.url = await_that(announced, f"the start of {self.arguments}", seconds=_START_SECONDS)


class Watch:
    """Sees how far groups have come on their topics, through clients in a loop of their own."""

    def __init__(self, portal: BlockingPortal, bootstrap: str) -> None:
        self._portal = portal
        self._bootstrap = bootstrap

    def open(self) -> None:
        self._portal.call(self._open)

    def close(self) -> None:
        self._portal.call(self._close)

    def waiting(self, groups: dict[str, str]) -> int:
        """Count the records that wait, in topics for their groups."""
        return self._portal.call(self._waiting, groups)

    async def _open(self) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap)
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await self._consumer.start()
        await self._admin.start()

    async def _close(self) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def _waiting(self, groups: dict[str, str]) -> int:
        found = await asyncio.gather(*(self._behind(*each) for each in groups.items()))
        return sum(found)

    async def _behind(self, topic: str, group: str) -> int:
        (described,) = await self._admin.describe_topics([topic])
        places = [TopicPartition(topic, one["partition"]) for one in described["partitions"]]
        if not places:
            return 0
        ends = await self._consumer.end_offsets(places)
        if not any(ends.values()):
            return 0  # nor need the group have begun
        done = await self._admin.list_consumer_group_offsets(group)
        return sum(
            end - (done[place].offset if place in done else 0) for place, end in ends.items()
        )


@attrs.frozen
class Services:
    """What is there for all deployments."""

    kafka: str
    clickhouse: ClickHouse
    postgres: Postgres
    redis: RedisServer
    watch: Watch


@attrs.define
class Deployment:
    """One process for each of `roles`, with what an embedded `Server` has.

    The first takes spans and is asked for what one process has, such as its memory; the last
    answers questions. `arguments` are those of gateways; the settings of all are `settings` and
    where the services are.
    """

    services: Services
    data_dir: Path
    settings: dict[str, str] = attrs.field(factory=dict)
    arguments: tuple[str, ...] = ()
    roles: tuple[str, ...] = ("ingest", "worker", "worker", "api")
    groups: dict[str, str] = attrs.field(factory=dict)
    processes: list[RoleProcess] = attrs.field(factory=list)
    client: httpx.Client = attrs.field(factory=local_client, repr=False)
    _open: contextlib.ExitStack = attrs.field(factory=contextlib.ExitStack)

    def __attrs_post_init__(self) -> None:
        name = f"test_{next(_numbers)}"
        services = self.services
        services.clickhouse.command(f"CREATE DATABASE {name}")
        schema = self._open.enter_context(services.postgres.schema())
        topics = {topic: f"{name}-{topic}" for topic in _TOPICS}
        self.groups = {topic: f"{topic}-group" for topic in topics.values()}
        self.settings = {
            "KAFKA_BOOTSTRAP_SERVERS": services.kafka,
            **{f"KAFKA_TOPIC_{one.upper()}": topic for one, topic in topics.items()},
            **{f"KAFKA_GROUP_{one.upper()}": self.groups[topic] for one, topic in topics.items()},
            "CLICKHOUSE_HOST": "127.0.0.1",
            "CLICKHOUSE_PORT": str(services.clickhouse.port),
            "CLICKHOUSE_DATABASE": name,
            "DATABASE_URL": schema,
            "REDIS_URL": services.redis.url,
            "PRELA_WORKER_LINGER_MS": "20",
            **self.settings,
        }
        for number, role in enumerate(self.roles):
            given = () if role == "worker" else self.arguments
            place = self.data_dir.with_name(f"{self.data_dir.name}-{number}-{role or 'all'}")
            words = (role, *given) if role else given
            self.processes.append(RoleProcess(place, self.settings, words))

    @property
    def ingest(self) -> RoleProcess:
        return self.processes[0]

    @property
    def answering(self) -> RoleProcess:
        return self.processes[-1]

    @property
    def url(self) -> str:
        return self.ingest.url

    @property
    def asks_at(self) -> str:
        return self.answering.url

    @property
    def api(self) -> Api:
        return Api(self.url, self.client, asks_at=self.asks_at, settle=self.settle)

    @property
    def log(self) -> str:
        """All that any process has written so far."""
        return "".join(process.log for process in self.processes)

    def settle(self) -> None:
        """Wait until the workers have stored and committed everything that is on the bus."""
        await_that(
            lambda: not self.services.watch.waiting(self.groups),
            "everything accepted in the store",
            seconds=_SETTLE_SECONDS,
        )

    def prela(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command about what this deployment has, with all that was accepted stored."""
        self.settle()
        return run_prela(*arguments, **self.settings)

    def wire(self) -> Wire:
        return self.ingest.wire()

    @property
    def running(self) -> subprocess.Popen[bytes]:
        return self.ingest.running

    def memory(self, field: str = "VmHWM") -> int:
        return self.ingest.memory(field)

    def start(self) -> Deployment:
        for process in self.processes:
            process.launch()
        for process in self.processes:
            process.await_ready()
        # Workers set up the tables, and the gateways make topics: all of it is there then.
        for process in self.processes:
            await_that(
                lambda at=process: self.client.get(f"{at.url}/ready").status_code == 200,
                f"{process.arguments} to be ready",
                seconds=_START_SECONDS,
            )
        return self

    def stop(self, *, seconds: float = 60.0) -> int:
        """Stop all at once, and give the first exit code that is not 0."""
        for process in self.processes:
            process.running.terminate()
        codes = [process.await_end(seconds=seconds) for process in self.processes]
        return next(filter(None, codes), 0)

    def kill(self) -> None:
        """End all at once, by SIGKILL."""
        for process in self.processes:
            process.running.kill()
        for process in self.processes:
            process.kill()

    def end(self) -> None:
        self.client.close()
        if self.ingest.process is not None:
            self.stop()
        for process in self.processes:
            process.client.close()
        self._open.close()
        assert PASSWORD not in self.log


@pytest.fixture(scope="session")
def services(
    tmp_path_factory: pytest.TempPathFactory,
    kafka: str,
    postgres: Postgres,
    redis_server: RedisServer,
) -> Iterator[Services]:
    """Start what deployments stand on; each may be a real server that the environment names."""
    with (
        clickhouse(tmp_path_factory.mktemp("clickhouse")) as front,
        start_blocking_portal() as portal,
    ):
        watch = Watch(portal, kafka)
        watch.open()
        try:
            yield Services(kafka, front, postgres, redis_server, watch)
        finally:
            watch.close()


@pytest.fixture(scope="session")
def new_deployment(services: Services) -> NewServer:
    """Give what makes deployments, not yet started."""
    return functools.partial(Deployment, services)
