from __future__ import annotations

from typing import Any

import attrs
import pytest

from prela_core.errors import SettingsError
from prela_server.compose import Role, places, require
from prela_server.settings import Accounts, Auth, ClickHouse, Kafka, Secret, Settings

KAFKA = Kafka(bootstrap_servers=("a:1", "b:2"))
CLICKHOUSE = ClickHouse(host="c")
ACCOUNTS = Accounts(database_url=Secret("postgresql://d"))
EVERYTHING: dict[str, Any] = {"kafka": KAFKA, "clickhouse": CLICKHOUSE, "accounts": ACCOUNTS}


def missing(role: Role, **settings: Any) -> list[str]:
    try:
        require(role, Settings(**settings))
    except SettingsError as error:
        return [mistake.partition(": set ")[2].partition(",")[0] for mistake in error.mistakes]
    return []


@pytest.mark.parametrize(
    ("role", "needs"),
    [
        (Role.ALL, []),
        (Role.INGEST, ["KAFKA_BOOTSTRAP_SERVERS"]),
        (Role.WORKER, ["KAFKA_BOOTSTRAP_SERVERS", "CLICKHOUSE_HOST"]),
        (Role.API, ["CLICKHOUSE_HOST"]),
    ],
)
def test_each_role_says_all_that_it_needs_and_no_more(role: Role, needs: list[str]) -> None:
    assert needs == missing(role)
    asks = ["DATABASE_URL"] if role in {Role.INGEST, Role.API} else []
    assert [*needs, *asks] == missing(role, auth=Auth.ON)
    assert [] == missing(role, auth=Auth.ON, **EVERYTHING)


@pytest.mark.parametrize(
    ("host", "way_out"),
    [("10.0.0.1", "or bind 127.0.0.1"), ("127.0.0.1", "or leave PRELA_AUTH alone")],
)
def test_how_to_do_without_keys_depends_on_the_address(host: str, way_out: str) -> None:
    with pytest.raises(SettingsError, match=way_out):
        require(Role.API, Settings(auth=Auth.ON, host=host, clickhouse=CLICKHOUSE))


def test_a_sentence_names_the_command_and_a_way_out() -> None:
    with pytest.raises(SettingsError) as caught:
        require(Role.INGEST, Settings())

    assert (
        "`prela serve ingest` hands spans to Kafka: set KAFKA_BOOTSTRAP_SERVERS, or run "
        "`prela serve`, which needs none"
    ) == str(caught.value)


@pytest.mark.parametrize(
    ("role", "told"),
    [
        (Role.ALL, {"data": "ClickHouse at c:8123", "spans": "Kafka at a:1,b:2"}),
        (Role.INGEST, {"spans": "Kafka at a:1,b:2"}),
        (Role.WORKER, {"data": "ClickHouse at c:8123", "spans": "Kafka at a:1,b:2"}),
        (Role.API, {"data": "ClickHouse at c:8123"}),
    ],
)
def test_where_things_are_is_told_by_role(role: Role, told: dict[str, str]) -> None:
    assert told == places(role, Settings(**EVERYTHING))


def test_without_services_data_are_in_the_directory() -> None:
    settings = Settings()

    assert {"data": str(settings.data_dir)} == places(Role.ALL, settings)
    mixed = attrs.evolve(settings, kafka=KAFKA)
    assert {"data": str(settings.data_dir), "spans": "Kafka at a:1,b:2"} == places(Role.ALL, mixed)
