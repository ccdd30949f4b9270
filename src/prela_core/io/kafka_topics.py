"""The topics of Kafka: made when they are missing, left alone when they are there."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Mapping

import attrs
from aiokafka import errors
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from prela_core.io.kafka_connection import KafkaConnection

__all__ = ["MESSAGE_BYTES", "TopicPlan", "ensure_topics"]

_log = logging.getLogger(__name__)

MESSAGE_BYTES = 4 * 1024 * 1024
"""The largest record that our topics take: a span by itself may hold 3 MiB of attributes, events
and links (`wire.Limits`), and a broker's own limit of 1 MiB would refuse it if it is hard to
compress. Records of several spans stay far below (`bus.records`)."""

_MOST_REPLICAS = 3
_DAY_MS = 24 * 3600 * 1000


@attrs.frozen(kw_only=True)
class TopicPlan:
    """How a missing topic is made.

    `replicas` None is three, or as many as there are brokers. How many of them must be in sync
    for a record to be acknowledged (`min.insync.replicas`) is the broker's to say.
    """

    partitions: int = 6
    replicas: int | None = None
    retention_days: int = 7

    def settings(self) -> dict[str, str]:
        """Give what is set on the topic itself."""
        return {
            "retention.ms": str(self.retention_days * _DAY_MS),
            "max.message.bytes": str(MESSAGE_BYTES),
            # Else a gateway's clock would decide when a record is old enough to be deleted, and
            # one that is wrong could lose what was accepted, or have all of it refused.
            "message.timestamp.type": "LogAppendTime",
        }


async def ensure_topics(
    connection: KafkaConnection,
    topics: Iterable[str],
    plan: TopicPlan,
    *,
    more: Mapping[str, str] | None = None,
    request_seconds: float = 5.0,
) -> list[str]:
    """Make those of `topics` that are missing, `more` set on each; gives their names.

    Any number of processes may do so at once. Raises errors of aiokafka and of the system.
    """
    admin = AIOKafkaAdminClient(
        **connection.client_options(), request_timeout_ms=round(request_seconds * 1000)
    )
    try:
        await admin.start()
        # Asking for a topic by its name would have some brokers make it, in their own way.
        there = set(await admin.list_topics())
        missing = [name for name in topics if name not in there]
        if not missing:
            return []
        replicas = plan.replicas
        if replicas is None:
            cluster = await admin.describe_cluster()
            replicas = max(1, min(_MOST_REPLICAS, len(cluster["brokers"])))
        settings = plan.settings() | dict(more or {})
        answer = await admin.create_topics(
            [NewTopic(name, plan.partitions, replicas, topic_configs=settings) for name in missing]
        )
        return _made(answer.topic_errors)
    finally:
        with contextlib.suppress(errors.KafkaError, OSError):
            await admin.close()


def _made(outcomes: Iterable[tuple[str, int, str | None]]) -> list[str]:
    made = []
    for name, code, text in outcomes:
        error = errors.for_code(code)
        if error is errors.NoError:
            made.append(name)
        elif error is not errors.TopicAlreadyExistsError:
            _log.error("topic %s can't be made, make it by hand: %s (%s)", name, error, text)
            raise error(name)
    return made
