from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path
from typing import Any

import pytest
from tests.kafka_broker import PASSWORD, USERNAME, Broker

from prela_core.errors import BusUnavailableError, SettingsError
from prela_core.io.kafka_bus import KafkaBus
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.model import SpanBatch
from prela_core.testing import span_record

SECRET = "prela-canary-in-a-span"  # noqa: S105 - it is looked for below


def of(**given: Any) -> KafkaConnection:
    return KafkaConnection(**({"bootstrap_servers": "localhost:9092"} | given))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a:1", ("a:1",)),
        (" a:1, b:2 ,", ("a:1", "b:2")),
        (["a:1", "b:2"], ("a:1", "b:2")),
    ],
)
def test_brokers_are_a_list_or_parted_by_commas(given: Any, expected: tuple[str, ...]) -> None:
    assert expected == of(bootstrap_servers=given).bootstrap_servers


def test_without_a_user_it_is_plain_and_with_one_it_is_what_hosted_kafka_wants() -> None:
    assert ("PLAINTEXT", False) == (of().protocol, of().asks_who)
    hosted = of(username="u", password=PASSWORD)
    assert ("SASL_SSL", True) == (hosted.protocol, hosted.asks_who)
    options = hosted.client_options()
    assert isinstance(options["ssl_context"], ssl.SSLContext)
    assert ["PLAIN", "u", PASSWORD] == [
        options[f"sasl_{name}"] for name in ("mechanism", "plain_username", "plain_password")
    ]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"bootstrap_servers": " , "}, "host:port"),
        ({"security_protocol": "TLS"}, "TLS"),
        ({"username": "u", "password": PASSWORD, "sasl_mechanism": "GSSAPI"}, "GSSAPI"),
        ({"username": "u"}, "password"),
        ({"security_protocol": "SASL_SSL"}, "password"),
        ({"username": "u", "password": PASSWORD, "security_protocol": "SSL"}, "SASL_SSL"),
    ],
)
def test_what_does_not_fit_together_is_said(given: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        of(**given)
    assert PASSWORD not in str(caught.value)


def test_certificates_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("missing.pem", "empty.pem"):
        connection = of(security_protocol="SSL", ssl_ca=tmp_path / name)
        with pytest.raises(SettingsError, match=name):
            connection.client_options()


def test_the_password_is_not_shown() -> None:
    assert PASSWORD not in repr(of(username="u", password=PASSWORD))


async def _publish(connection: KafkaConnection) -> None:
    bus = KafkaBus(connection)
    await bus.start()
    try:
        await bus.publish(SpanBatch("p", 1, [span_record(name=SECRET)]))
    finally:
        await bus.stop()


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_credentials_are_shown_to_the_broker_and_to_no_log(
    kafka_node: Broker, protocol: str, mechanism: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    over_tls = protocol == "SASL_SSL"
    connection = of(
        bootstrap_servers=kafka_node.bootstrap_tls if over_tls else kafka_node.bootstrap_sasl,
        username=USERNAME,
        password=PASSWORD,
        security_protocol=protocol,
        sasl_mechanism=mechanism,
        ssl_ca=kafka_node.certificate if over_tls else None,
    )
    asyncio.run(_publish(connection))
    assert "aiokafka" in {record.name.partition(".")[0] for record in caplog.records}
    assert PASSWORD not in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "wrong", [{"password": "another-canary"}, {"ssl_ca": None}, {"sasl_mechanism": "SCRAM-SHA-512"}]
)
def test_a_broker_that_refuses_us_is_as_one_that_is_away(
    kafka_node: Broker, wrong: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    given = {
        "bootstrap_servers": kafka_node.bootstrap_tls,
        "username": USERNAME,
        "password": PASSWORD,
        "ssl_ca": kafka_node.certificate,
    }
    with pytest.raises(BusUnavailableError) as caught:
        asyncio.run(_publish(of(**(given | wrong))))
    assert "canary" not in caplog.text + str(caught.value)
    assert "Unable connect" in caplog.text
