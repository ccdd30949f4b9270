"""Kafka, which carries spans from gateways to workers when it is set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import attrs

from prela_core.bus.letters import topic_of_letters
from prela_server.settings import readers
from prela_server.settings.secret import Secret
from prela_server.settings.variables import variable

__all__ = ["Kafka", "SaslMechanism", "SecurityProtocol"]

_ADDRESS = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})", re.ASCII)
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,245}")  # 249 of Kafka, less those of `.dlq`
_HIGHEST_PORT = 65535


class SecurityProtocol(StrEnum):
    """How a broker is talked to."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


class SaslMechanism(StrEnum):
    """How a user name and a password are shown to a broker."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


def _servers(text: str) -> tuple[str, ...]:
    servers = readers.words(text)
    for server in servers:
        found = _ADDRESS.fullmatch(server)
        if not found or not 0 < int(found[1]) <= _HIGHEST_PORT:
            raise ValueError(f"{server!r} is not of the form host:port")
    return servers


def _topic(text: str) -> str:
    if not _TOPIC.fullmatch(text) or text in {".", ".."}:
        raise ValueError(f"{text!r} is no name of a topic: 1 to 245 of A-Z a-z 0-9 . _ -")
    return text


@attrs.frozen(kw_only=True)
class Kafka:
    """The brokers and what is kept on them; without `bootstrap_servers`, no Kafka."""

    bootstrap_servers: tuple[str, ...] = variable(
        "KAFKA_BOOTSTRAP_SERVERS",
        read=_servers,
        about="brokers as host:port, parted by commas; none: spans are handed over in the process",
        default=(),
    )
    username: str | None = variable(
        "KAFKA_USERNAME", read=str, about="the user of hosted Kafka", default=None
    )
    password: Secret | None = variable(
        "KAFKA_PASSWORD", read=readers.secret(), about="its password", secret=True, default=None
    )
    security_protocol: SecurityProtocol | None = variable(
        "KAFKA_SECURITY_PROTOCOL",
        read=readers.choice(SecurityProtocol),
        about="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; unset: SASL_SSL with a user, or else"
        " PLAINTEXT",
        default=None,
    )
    sasl_mechanism: SaslMechanism = variable(
        "KAFKA_SASL_MECHANISM",
        read=readers.choice(SaslMechanism),
        about="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
        default=SaslMechanism.PLAIN,
    )
    ssl_ca: Path | None = variable(
        "KAFKA_SSL_CA",
        read=readers.path,
        about="a file of certificates to trust instead of the system's",
        default=None,
    )
    topic_traces: str = variable(
        "KAFKA_TOPIC_TRACES", read=_topic, about="the topic of whole traces", default="traces"
    )
    topic_spans: str = variable(
        "KAFKA_TOPIC_SPANS", read=_topic, about="the topic of single spans", default="spans"
    )
    group_traces: str = variable(
        "KAFKA_GROUP_TRACES",
        read=str,
        about="the consumer group on the topic of traces",
        default="trace-service-traces",
    )
    group_spans: str = variable(
        "KAFKA_GROUP_SPANS",
        read=str,
        about="the consumer group on the topic of spans",
        default="trace-service-spans",
    )

    @property
    def is_set(self) -> bool:
        """Whether there is a Kafka."""
        return bool(self.bootstrap_servers)

    @property
    def protocol(self) -> SecurityProtocol:
        """The protocol that is meant: hosted Kafka, which asks who one is, is reached by TLS."""
        if self.security_protocol is not None:
            return self.security_protocol
        return SecurityProtocol.PLAINTEXT if self.username is None else SecurityProtocol.SASL_SSL

    def mistakes(self) -> Iterator[str]:
        """Give a sentence for everything that does not fit together."""
        if self.is_set:
            yield from self._mistakes_of_access()
            yield from self._mistakes_of_topics()
            return
        for name, value in (
            ("KAFKA_USERNAME", self.username),
            ("KAFKA_PASSWORD", self.password),
            ("KAFKA_SECURITY_PROTOCOL", self.security_protocol),
            ("KAFKA_SSL_CA", self.ssl_ca),
        ):
            if value is not None:
                yield f"{name} is set, but KAFKA_BOOTSTRAP_SERVERS is not"

    def _mistakes_of_access(self) -> Iterator[str]:
        if (self.username is None) != (self.password is None):
            given, missing = ("KAFKA_USERNAME", "KAFKA_PASSWORD")
            if self.username is None:
                given, missing = missing, given
            yield f"{given} is set, but {missing} is not"
        elif self.protocol.startswith("SASL_") and self.username is None:
            yield (
                f"KAFKA_SECURITY_PROTOCOL={self.protocol} needs KAFKA_USERNAME and KAFKA_PASSWORD"
            )
        elif self.username is not None and not self.protocol.startswith("SASL_"):
            yield (
                f"KAFKA_SECURITY_PROTOCOL={self.protocol} would not use KAFKA_USERNAME; "
                "use SASL_SSL, or SASL_PLAINTEXT on a network you trust"
            )
        if self.ssl_ca is not None and not self.ssl_ca.is_file():
            yield f"KAFKA_SSL_CA={self.ssl_ca}: there is no such file"
        elif self.ssl_ca is not None and not self.protocol.endswith("SSL"):
            yield f"KAFKA_SSL_CA is set, but {self.protocol} uses no TLS"

    def _mistakes_of_topics(self) -> Iterator[str]:
        topics = {self.topic_traces, self.topic_spans}
        if len(topics) == 1:
            yield "KAFKA_TOPIC_TRACES and KAFKA_TOPIC_SPANS must be two topics"
        elif topics & set(map(topic_of_letters, topics)):
            yield (
                "KAFKA_TOPIC_TRACES and KAFKA_TOPIC_SPANS: neither may be the topic of the other's "
                "dead letters"
            )
