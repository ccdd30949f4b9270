"""What the image and the compose files must keep to."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest
from tests.deploy.described import COMPOSE, LOCAL, RAILWAY, ROOT, STAGES, STARTED, TOML, Started

from prela_server.settings import Settings

ROLES = {"ingest", "worker", "api"}
SERVICES = {**LOCAL["services"], **COMPOSE["services"]}
# A number of a release, and perhaps what it is made from; never a word that moves.
PINNED = re.compile(r"[\w./-]+:v?\d+(\.\d+)*(-[a-z]+)*")
OLDEST_CLICKHOUSE = (26, 3)  # docs/decisions/0001-store-schema.md


@pytest.mark.parametrize("stage", STAGES, ids=["build", "image"])
def test_the_base_is_pinned(stage: dict[str, list[str]]) -> None:
    base = stage["FROM"][0].split()[0]

    assert PINNED.fullmatch(base), base


def test_both_stages_have_one_base() -> None:
    """What is built against one Python would not run with another."""
    assert 1 == len({stage["FROM"][0].split()[0] for stage in STAGES})


def test_the_image_runs_as_a_user_of_its_own() -> None:
    (user,) = STAGES[-1]["USER"]

    # A number, so that Kubernetes can see that it is not root.
    assert all(int(part) > 0 for part in user.split(":"))


def test_no_shell_stands_between_a_signal_and_the_server() -> None:
    assert ["prela"] == json.loads(STAGES[-1]["ENTRYPOINT"][0])
    assert ["serve"] == json.loads(STAGES[-1]["CMD"][0])


def test_the_image_declares_no_volume() -> None:
    """Railway refuses to build an image that does."""
    assert [] == [stage["VOLUME"] for stage in STAGES if "VOLUME" in stage]


def test_the_extras_that_images_are_built_with_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [
        STAGES[0]["ARG"][0].split("=")[1],
        *(one["build"]["args"]["PRELA_EXTRAS"] for one in COMPOSE["services"].values()),
        *(RAILWAY[role]["variables"]["PRELA_EXTRAS"]["value"] for role in TOML),
    ]

    extras = {extra for text in asked for extra in text.split(",")}
    assert set() == extras - set(project["optional-dependencies"])


def test_what_the_image_is_made_of_and_nothing_else_is_sent_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    sent = {line[1:] for line in rules if line.startswith("!")}
    copied = {
        source
        for stage in STAGES
        for value in stage["COPY"]
        if not value.startswith("--from")
        for source in value.split()[:-1]
    }

    assert "*" == rules[0]
    assert copied == sent
    assert [] == [path for path in copied if not (ROOT / path).exists()]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_pinned_image_and_a_health_check(name: str) -> None:
    service = SERVICES[name]

    assert "build" in service or PINNED.fullmatch(service["image"]), service["image"]
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


@pytest.mark.parametrize("name", SERVICES)
def test_only_this_machine_reaches_the_ports(name: str) -> None:
    ports = SERVICES[name].get("ports", [])

    assert [] == [port for port in ports if not port.startswith("127.0.0.1:")]


def test_no_port_is_given_twice() -> None:
    ports = [port.split(":")[1] for one in SERVICES.values() for port in one.get("ports", [])]

    assert sorted(set(ports)) == sorted(ports)


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_is_healthy(name: str) -> None:
    waits = SERVICES[name].get("depends_on", {})

    assert set() == set(waits) - set(SERVICES)
    assert all(wait == {"condition": "service_healthy"} for wait in waits.values())


def test_the_local_stack_is_what_it_is_said_to_be() -> None:
    images = {name: service["image"] for name, service in LOCAL["services"].items()}

    assert {"postgres", "clickhouse", "redis", "redpanda", "console"} == set(images)
    assert images["postgres"].startswith("postgres:16")
    assert images["redis"].startswith("redis:7")
    assert ["127.0.0.1:8080:8080"] == LOCAL["services"]["console"]["ports"]
    version = images["clickhouse"].rpartition(":")[2]
    assert OLDEST_CLICKHOUSE <= tuple(map(int, version.split(".")))


def test_every_volume_is_declared_and_used() -> None:
    used = {
        mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])
    }

    assert set(LOCAL["volumes"]) == used


def test_the_stack_has_every_role() -> None:
    assert ["docker-compose.local.yml"] == COMPOSE["include"]
    assert ROLES == set(COMPOSE["services"])
    assert 1 == len({service["image"] for service in COMPOSE["services"].values()})


def test_services_of_the_stack_listen_where_their_ports_lead() -> None:
    for service in COMPOSE["services"].values():
        inner = {port.split(":")[2] for port in service.get("ports", [])}
        assert inner <= {service["environment"]["PRELA_PORT"]}


def test_parts_of_the_stack_are_asked_where_they_listen() -> None:
    settings = COMPOSE["services"]["ingest"]["environment"]
    brokers = LOCAL["services"]["redpanda"]["command"]

    assert f"--advertise-kafka-addr=inside://{settings['KAFKA_BOOTSTRAP_SERVERS']}" in " ".join(
        brokers
    )
    assert (
        settings["KAFKA_BOOTSTRAP_SERVERS"]
        == (LOCAL["services"]["console"]["environment"]["KAFKA_BROKERS"])
    )
    for theirs, ours in {
        "CLICKHOUSE_USER": "CLICKHOUSE_USERNAME",
        "CLICKHOUSE_PASSWORD": "CLICKHOUSE_PASSWORD",
        "CLICKHOUSE_DB": "CLICKHOUSE_DATABASE",
    }.items():
        assert LOCAL["services"]["clickhouse"]["environment"][theirs] == settings[ours]
    assert (
        LOCAL["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"]
        in (settings["DATABASE_URL"])
    )


@pytest.mark.parametrize("started", STARTED, ids=str)
def test_a_signal_leaves_time_to_stop(started: Started) -> None:
    seconds = int(started.environment.get("PRELA_SHUTDOWN_SECONDS", Settings().shutdown_seconds))

    assert started.grace >= seconds + 5


def test_railway_is_told_the_same_in_both_ways() -> None:
    kept = ("startCommand", "healthcheckPath", "healthcheckTimeout", "drainingSeconds")
    kept += ("overlapSeconds", "restartPolicyType")

    def of(deploy: dict[str, Any]) -> dict[str, Any]:
        return {name: deploy[name] for name in kept}

    assert ROLES == set(TOML)
    assert {role: of(TOML[role]["deploy"]) for role in ROLES} == {
        role: of(RAILWAY[role]["deploy"]) for role in ROLES
    }
