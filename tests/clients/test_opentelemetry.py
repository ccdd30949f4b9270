"""OpenTelemetry's own SDKs, by every exporter they have, in Python and in Node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.client_packages import run_client
from tests.clients.conftest import Clients
from tests.clients.family import SERVICE, assert_family, family
from tests.conftest import Api

_RESOURCE = {"service.name": SERVICE, "deployment.environment.name": "staging"}


def _asked(exporter: str, **options: Any) -> dict[str, Any]:
    return family() | {"exporter": exporter, "options": options, "resource": _RESOURCE}


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/otlp/v1/traces"])
@pytest.mark.parametrize("compression", ["none", "deflate", "gzip"])
def test_python_by_http(collector: Api, clients: Clients, path: str, compression: str) -> None:
    asked = _asked(
        "http",
        endpoint=clients.url + path,
        headers={"Authorization": f"Bearer {clients.key}"},
        compression=compression,
    )

    assert_family(collector, clients.run("opentelemetry_sdk", asked))


@pytest.mark.parametrize("base", ["", "/v1/otlp"])
def test_python_told_by_its_environment_alone(collector: Api, clients: Clients, base: str) -> None:
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": clients.url + base,
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={clients.key}",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=staging",
        "OTEL_SERVICE_NAME": SERVICE,
    }

    assert_family(collector, clients.run("opentelemetry_sdk", _asked("environment"), **environment))


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_python_by_grpc(collector: Api, clients: Clients, compression: str) -> None:
    asked = _asked(
        "grpc",
        endpoint=f"http://{clients.grpc}",
        headers={"x-api-key": clients.key},
        compression=compression,
    )

    assert_family(collector, clients.run("opentelemetry_sdk", asked))


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("exporter", ["protobuf", "json"])
def test_node(
    collector: Api, clients: Clients, node_program: Path, exporter: str, compression: str
) -> None:
    asked = _asked(
        exporter,
        url=f"{clients.url}/v1/traces",
        headers={"x-api-key": clients.key},
        compression=compression,
    )

    assert_family(collector, json.loads(run_client("node", node_program, json.dumps(asked))))
