"""A look whether the brokers of Kafka answer, which changes nothing there."""

from __future__ import annotations

import asyncio
import contextlib

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from prela_core.errors import BusUnavailableError
from prela_core.io.kafka_connection import KafkaConnection

__all__ = ["look"]

_SECONDS = 10.0


async def look(connection: KafkaConnection) -> None:
    """Return when a broker lists its topics.

    Raises `BusUnavailableError`, and `SettingsError` for certificates that can't be used.
    """
    admin = AIOKafkaAdminClient(**connection.client_options())
    try:
        async with asyncio.timeout(_SECONDS):
            await admin.start()
            await admin.list_topics()
    except (KafkaError, OSError) as error:  # a deadline is an OSError too
        raise BusUnavailableError(
            f"{connection.place} does not answer ({type(error).__name__})"
        ) from error
    finally:
        with contextlib.suppress(KafkaError, OSError):
            await admin.close()
