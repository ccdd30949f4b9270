"""How the brokers of Kafka are reached, and as whom."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from prela_core.errors import SettingsError
from prela_core.io.kafka_logs import quieten

__all__ = ["KafkaConnection"]

_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


def _servers(given: str | Sequence[str]) -> tuple[str, ...]:
    listed = given.split(",") if isinstance(given, str) else given
    return tuple(server.strip() for server in listed if server.strip())


@attrs.frozen(kw_only=True)
class KafkaConnection:
    """Brokers, credentials and the names of topics.

    `bootstrap_servers` are `host:port`, several or parted by commas; any one that answers tells of
    the others. `security_protocol` is `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`; when it
    is None, `SASL_SSL` with a `username`, as hosted Kafka wants it, and else `PLAINTEXT`.
    `sasl_mechanism` is `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`. `ssl_ca` is a file of
    certificates to trust instead of those of the system. Raises `SettingsError` for what does not
    fit together; the password is in no text of it, nor in the object's own.
    """

    bootstrap_servers: tuple[str, ...] = attrs.field(converter=_servers)
    username: str | None = None
    password: str | None = attrs.field(default=None, repr=False)
    security_protocol: str | None = None
    sasl_mechanism: str = "PLAIN"
    ssl_ca: Path | None = None
    spans_topic: str = "spans"
    traces_topic: str = "traces"
    client_id: str = "prela"

    def __attrs_post_init__(self) -> None:
        if not self.bootstrap_servers:
            raise SettingsError("Kafka needs the address of a broker, as host:port")
        if self.protocol not in _PROTOCOLS:
            raise SettingsError(f"{self.protocol!r} is not one of {', '.join(_PROTOCOLS)}")
        if self.sasl_mechanism not in _MECHANISMS:
            raise SettingsError(f"{self.sasl_mechanism!r} is not one of {', '.join(_MECHANISMS)}")
        if self.asks_who and not (self.username and self.password):
            raise SettingsError(f"{self.protocol} needs a user name and a password")
        if self.username and not self.asks_who:
            raise SettingsError(
                f"{self.protocol} would not use the user name; say SASL_SSL, or SASL_PLAINTEXT "
                "on a network you trust"
            )

    @property
    def protocol(self) -> str:
        """How a broker is talked to."""
        if self.security_protocol is not None:
            return self.security_protocol
        return "SASL_SSL" if self.username else "PLAINTEXT"

    @property
    def asks_who(self) -> bool:
        """Whether credentials are shown."""
        return self.protocol.startswith("SASL_")

    @property
    def place(self) -> str:
        """Where it leads, for people."""
        return f"Kafka at {','.join(self.bootstrap_servers)}"

    def client_options(self) -> dict[str, Any]:
        """Give the arguments that every client of aiokafka takes.

        Reads the file of certificates; raises `SettingsError` when that can't be done. From now
        on aiokafka logs neither credentials nor spans.
        """
        quieten()
        options: dict[str, Any] = {
            "bootstrap_servers": list(self.bootstrap_servers),
            "client_id": self.client_id,
            "security_protocol": self.protocol,
        }
        if self.protocol.endswith("SSL"):
            options["ssl_context"] = self._ssl_context()
        if self.asks_who:
            options["sasl_mechanism"] = self.sasl_mechanism
            options["sasl_plain_username"] = self.username
            options["sasl_plain_password"] = self.password
        return options

    def _ssl_context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.ssl_ca)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"the certificates in {self.ssl_ca} can't be used: {error}"
            ) from error
