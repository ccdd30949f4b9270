from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import InvalidReplicationFactorError

from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_topics import TopicPlan, ensure_topics


async def _found(admin: AIOKafkaAdminClient, topic: str) -> dict[str, Any]:
    partitions: list[Any] = []
    while not partitions:  # a new topic is known to its maker before it is to everybody
        [described] = await admin.describe_topics([topic])
        partitions = described["partitions"]
    [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    settings = {entry[0]: entry[1] for entry in answer.resources[0][4]}
    return settings | {
        "partitions": len(partitions),
        "replicas": len(partitions[0]["replicas"]),
    }


def run(kafka: str, test: Any) -> None:
    async def bounded() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await admin.start()
        try:
            async with asyncio.timeout(60):
                await test(KafkaConnection(bootstrap_servers=kafka), admin)
        finally:
            await admin.close()

    asyncio.run(bounded())


def test_missing_topics_are_made_once_however_many_try(kafka: str) -> None:
    async def test(connection: KafkaConnection, admin: AIOKafkaAdminClient) -> None:
        names = [f"made-{uuid4()}", f"made-{uuid4()}"]
        plan = TopicPlan(partitions=3, retention_days=2)
        trying = [ensure_topics(connection, names, plan) for _ in range(4)]
        made = [name for each in await asyncio.gather(*trying) for name in each]
        assert sorted(names) == sorted(made)
        assert [] == await ensure_topics(connection, names, plan)
        for name in names:
            found = await _found(admin, name)
            assert (3, 1) == (found["partitions"], found["replicas"])
            assert ("172800000", "4194304") == (found["retention.ms"], found["max.message.bytes"])
            assert "LogAppendTime" == found["message.timestamp.type"]

    run(kafka, test)


def test_seven_days_are_kept_unless_more_is_said(kafka: str) -> None:
    async def test(connection: KafkaConnection, admin: AIOKafkaAdminClient) -> None:
        names = [f"made-{uuid4()}", f"made-{uuid4()}"]
        await ensure_topics(connection, names[:1], TopicPlan())
        await ensure_topics(connection, names[1:], TopicPlan(), more={"retention.ms": "-1"})
        found = [await _found(admin, name) for name in names]
        assert ["604800000", "-1"] == [each["retention.ms"] for each in found]
        assert [6, 6] == [each["partitions"] for each in found]

    run(kafka, test)


def test_a_topic_that_is_there_is_left_alone(kafka: str) -> None:
    async def test(connection: KafkaConnection, admin: AIOKafkaAdminClient) -> None:
        name = f"there-{uuid4()}"
        await admin.create_topics([NewTopic(name, 1, 1)])
        assert [] == await ensure_topics(connection, [name], TopicPlan(partitions=9))
        assert 1 == (await _found(admin, name))["partitions"]

    run(kafka, test)


def test_a_topic_that_cannot_be_made_is_an_error(kafka: str) -> None:
    async def test(connection: KafkaConnection, _: AIOKafkaAdminClient) -> None:
        with pytest.raises(InvalidReplicationFactorError):
            await ensure_topics(connection, [f"never-{uuid4()}"], TopicPlan(replicas=7))

    run(kafka, test)
