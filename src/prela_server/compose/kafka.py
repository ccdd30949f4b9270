"""Kafka between the roles: what the settings say of it, and both of its ends opened.

Imported only when Kafka is set: the client is an extra.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from prela_core.bus import Bus
from prela_core.bus.grouping import GroupBounds
from prela_core.errors import BusUnavailableError
from prela_core.io.kafka_bus import KafkaBus
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_feed import KafkaFeed
from prela_core.io.kafka_letters import KafkaLetters
from prela_core.store import Store
from prela_server.compose.work import persist, set_up
from prela_server.edge.health import Check, shared
from prela_server.settings import Settings
from prela_server.worker.metrics import WorkerMetrics
from prela_server.worker.service import TraceService

__all__ = ["KafkaWork", "connection_of", "opened_bus"]


def connection_of(settings: Settings) -> KafkaConnection:
    """Give the connection that the settings describe."""
    kafka = settings.kafka
    return KafkaConnection(
        bootstrap_servers=kafka.bootstrap_servers,
        username=kafka.username,
        password=kafka.password.reveal() if kafka.password else None,
        security_protocol=kafka.security_protocol,
        sasl_mechanism=kafka.sasl_mechanism,
        ssl_ca=kafka.ssl_ca,
        spans_topic=kafka.topic_spans,
        traces_topic=kafka.topic_traces,
    )


@asynccontextmanager
async def opened_bus(settings: Settings) -> AsyncIterator[Bus]:
    """Open the sending end; what it was given is sent before it is closed."""
    bus = KafkaBus(connection_of(settings))
    await bus.start()
    try:
        yield bus
    finally:
        await bus.stop()


class KafkaWork:
    """The trace service over both topics: what a worker does from its start to its end.

    Neither Kafka nor the store need be there at its start; both are waited for. Raises
    `SettingsError` for certificates that can't be used.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        connection = connection_of(settings)
        connection.client_options()  # says now, and not in a log, what no broker will mend
        kafka = settings.kafka
        self._metrics = WorkerMetrics()
        self.checks: Mapping[str, Check] = {"worker": shared(self._ready)}
        self.expose: Callable[[], bytes] | None = self._metrics.expose
        self._store = store
        self._letters = KafkaLetters(connection)
        self._feeds = {
            name: KafkaFeed(
                connection,
                topic=topic,
                group=group,
                letters=self._letters,
                bounds=GroupBounds(age=settings.worker_linger_ms / 1000),
            )
            for name, topic, group in (
                ("traces", kafka.topic_traces, kafka.group_traces),
                ("spans", kafka.topic_spans, kafka.group_spans),
            )
        }
        self._is_started = False
        self._closing = asyncio.Event()

    async def run(self) -> None:
        """Set up the schema, join both groups, and work until `close`."""
        starting = asyncio.create_task(self._start(), name="start of the worker")
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait({starting, closing}, return_when=asyncio.FIRST_COMPLETED)
            if self._closing.is_set():
                return
            await starting
        finally:
            for task in (starting, closing):
                task.cancel()
            await asyncio.wait({starting, closing})
        self._is_started = True
        await TraceService(self._feeds, self._store, metrics=self._metrics).run()

    async def _start(self) -> None:
        await set_up(self._store)
        for feed in self._feeds.values():
            await persist(feed.start)

    async def _ready(self) -> None:
        """Return when spans are taken from both topics."""
        if not self._is_started:
            raise BusUnavailableError("the worker has not joined its groups yet")
        if None in await asyncio.gather(*(feed.look() for feed in self._feeds.values())):
            raise BusUnavailableError("Kafka does not say what waits")

    def close(self) -> None:
        """Take nothing more; `run` ends when what is in hand is stored."""
        self._closing.set()
        for feed in self._feeds.values():
            feed.close()

    async def stop(self) -> None:
        """Leave the groups. What was taken and not stored will be taken again."""
        try:
            await asyncio.gather(*(feed.stop() for feed in self._feeds.values()))
        finally:
            await self._letters.close()
