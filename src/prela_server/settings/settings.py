"""All settings of the server, of which most have a room of their own."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator
from enum import StrEnum
from pathlib import Path

import attrs

from prela_core.errors import SettingsError
from prela_core.io.data_directory import default_data_directory
from prela_server.settings import bounds, readers
from prela_server.settings.accounts import Accounts
from prela_server.settings.announced import Clerk, Smtp, Stripe
from prela_server.settings.clickhouse import ClickHouse
from prela_server.settings.kafka import Kafka
from prela_server.settings.variables import variable

__all__ = ["PREFIX", "Auth", "Environment", "LogLevel", "Settings", "is_loopback"]

PREFIX = "PRELA_"
"""What the names of Prela's own variables begin with."""


class Auth(StrEnum):
    """When API keys are asked for."""

    AUTO = "auto"
    """Not on a loopback address, on any other."""
    ON = "on"
    OFF = "off"
    """Never; only a loopback address may be bound."""
    INSECURE = "insecure"
    """Never, on any address: whoever reaches the port reads and writes everything."""


class Environment(StrEnum):
    """What the server is run for; it decides how logs are written."""

    DEVELOPMENT = "development"
    TEST = "test"
    STAGING = "staging"
    PRODUCTION = "production"


class LogLevel(StrEnum):
    """From which weight on lines are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


@attrs.frozen(kw_only=True)
class Settings:
    """Everything that can be set, each by the variables named beside it."""

    environment: Environment = variable(
        "ENVIRONMENT",
        read=readers.choice(Environment),
        about="development, test, staging or production; the last two write logs as JSON",
        default=Environment.DEVELOPMENT,
    )
    log_level: LogLevel = variable(
        "LOG_LEVEL",
        read=readers.choice(LogLevel),
        about="debug (with a line for each request), info, warning, error or critical",
        default=LogLevel.INFO,
    )
    host: str = variable(
        "PRELA_HOST", read=str, about="the address to listen on", default="127.0.0.1"
    )
    port: int = variable(
        "PRELA_PORT",
        "PORT",
        read=readers.whole_number,
        about="the port; 0: any free one",
        default=8000,
        validator=bounds.port,
    )
    data_dir: Path = variable(
        "PRELA_DATA_DIR",
        read=readers.path,
        about="where traces and keys are kept",
        factory=default_data_directory,
    )
    auth: Auth = variable(
        "PRELA_AUTH",
        read=readers.choice(Auth),
        about="auto: keys on any address but loopback; on; off; insecure: none on any address",
        default=Auth.AUTO,
    )
    retention_days: int = variable(
        "PRELA_RETENTION_DAYS",
        read=readers.whole_number,
        about="how many days spans are kept; 0: for ever",
        default=90,
        validator=bounds.days,
    )
    max_body_bytes: int = variable(
        "PRELA_MAX_BODY_BYTES",
        read=readers.whole_number,
        about="the largest request in bytes, after decompression",
        default=20 * 1024 * 1024,
        validator=bounds.positive,
    )
    body_seconds: int = variable(
        "PRELA_BODY_SECONDS",
        read=readers.whole_number,
        about="how many seconds the head of a request, and then its body, may take to arrive",
        default=25,
        validator=bounds.positive,
    )
    bus_spans: int = variable(
        "PRELA_BUS_SPANS",
        read=readers.whole_number,
        about="how many spans may wait in the process to be stored",
        default=100_000,
        validator=bounds.positive,
    )
    worker_linger_ms: int = variable(
        "PRELA_WORKER_LINGER_MS",
        read=readers.whole_number,
        about="milliseconds that a worker waits for more from Kafka before it stores what it has",
        default=500,
        validator=bounds.positive,
    )
    shutdown_seconds: int = variable(
        "PRELA_SHUTDOWN_SECONDS",
        read=readers.whole_number,
        about="how many seconds a stopping server may take to finish what it has begun",
        default=20,
        validator=bounds.positive,
    )
    otlp_drop_scopes: tuple[str, ...] = variable(
        "PRELA_OTLP_DROP_SCOPES",
        read=readers.words,
        about="instrumentation scopes whose OTLP spans are thrown away: globs, parted by commas",
        default=(),
    )
    otlp_grpc_port: int | None = variable(
        "PRELA_OTLP_GRPC_PORT",
        read=readers.whole_number,
        about="the port for OTLP over gRPC on the same host; 0: any free one; none: no gRPC",
        default=None,
        validator=attrs.validators.optional(bounds.port),
    )
    cors_origins: tuple[str, ...] = variable(
        "CORS_ORIGINS",
        read=readers.origins,
        about="origins of pages that may ask this server, parted by commas; none: no page may",
        default=(),
    )
    kafka: Kafka = attrs.field(factory=Kafka)
    clickhouse: ClickHouse = attrs.field(factory=ClickHouse)
    accounts: Accounts = attrs.field(factory=Accounts)
    clerk: Clerk = attrs.field(factory=Clerk)
    stripe: Stripe = attrs.field(factory=Stripe)
    smtp: Smtp = attrs.field(factory=Smtp)

    @property
    def asks_for_keys(self) -> bool:
        """Whether requests need an API key."""
        if self.auth is Auth.AUTO:
            return not is_loopback(self.host)
        return self.auth is Auth.ON

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    def mistakes(self, unread: Collection[str] = ()) -> Iterator[str]:
        """Give a sentence for everything that does not fit together.

        `unread` are paths of settings that could not be read; what depends on them is not judged.
        """
        if self.auth is Auth.OFF and not self.is_local and not {"auth", "host"} & set(unread):
            yield (
                f"PRELA_AUTH=off on {self.host} would let everybody on the network read and "
                "write; bind 127.0.0.1, use PRELA_AUTH=on, or say PRELA_AUTH=insecure"
            )
        if self.data_dir.exists() and not self.data_dir.is_dir():
            yield f"the data directory {self.data_dir} is a file; name another"
        parts = {
            "kafka": self.kafka.mistakes(),
            "clickhouse": self.clickhouse.mistakes(),
            "smtp": self.smtp.mistakes(),
        }
        for name, mistakes in parts.items():
            if not any(path.startswith(f"{name}.") for path in unread):
                yield from mistakes

    def check(self) -> None:
        """Raise `SettingsError` with every sentence of `mistakes`."""
        mistakes = tuple(self.mistakes())
        if mistakes:
            raise SettingsError(*mistakes)


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
