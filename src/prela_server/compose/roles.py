"""What a process can be, and which settings it then needs."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from prela_core.errors import SettingsError
from prela_server.settings import Settings

__all__ = ["Role", "places", "require"]


class Role(StrEnum):
    """The work of one process."""

    ALL = "all"
    """Everything, over whatever is set and over the built-in parts for the rest."""
    INGEST = "ingest"
    """The gateway that takes spans and hands them to the bus."""
    WORKER = "worker"
    """The trace service: from the bus to the store."""
    API = "api"
    """The gateway that answers questions from the store."""

    @property
    def ingests(self) -> bool:
        """Whether spans are taken from outside."""
        return self in {Role.ALL, Role.INGEST}

    @property
    def works(self) -> bool:
        """Whether spans are moved from the bus to the store."""
        return self in {Role.ALL, Role.WORKER}

    @property
    def answers(self) -> bool:
        """Whether questions are answered."""
        return self in {Role.ALL, Role.API}

    @property
    def command(self) -> str:
        """The command that starts such a process."""
        return "prela serve" if self is Role.ALL else f"prela serve {self}"


def places(role: Role, settings: Settings) -> dict[str, str]:
    """Say where a process of `role` keeps what it is given: `data`, and `spans` on their way."""
    found: dict[str, str] = {}
    if role.works or role.answers:
        server = settings.clickhouse
        where = f"ClickHouse at {server.host}:{server.http_port}"
        found["data"] = where if server.is_set else str(settings.data_dir)
    if (role.ingests or role.works) and settings.kafka.is_set:
        found["spans"] = f"Kafka at {','.join(settings.kafka.bootstrap_servers)}"
    return found


def require(role: Role, settings: Settings) -> None:
    """Raise `SettingsError` with a sentence for each service that `role` shares and is not set.

    What is built in belongs to one process; roles that are apart would each have their own.
    """
    missing = tuple(_missing(role, settings))
    if missing:
        raise SettingsError(*missing)


def _missing(role: Role, settings: Settings) -> Iterator[str]:
    if role is Role.ALL:
        return
    alone = "or run `prela serve`, which needs none"
    if role in {Role.INGEST, Role.WORKER} and not settings.kafka.is_set:
        does = "hands spans to" if role is Role.INGEST else "takes spans from"
        yield f"`{role.command}` {does} Kafka: set KAFKA_BOOTSTRAP_SERVERS, {alone}"
    if role in {Role.WORKER, Role.API} and not settings.clickhouse.is_set:
        does = "stores spans in" if role is Role.WORKER else "asks"
        yield f"`{role.command}` {does} ClickHouse: set CLICKHOUSE_HOST, {alone}"
    asks_for_keys = role is not Role.WORKER and settings.asks_for_keys
    if asks_for_keys and settings.accounts.database_url is None:
        otherwise = "leave PRELA_AUTH alone" if settings.is_local else "bind 127.0.0.1"
        yield (
            f"`{role.command}` asks for API keys, which all gateways share: set DATABASE_URL, "
            f"or {otherwise}"
        )
