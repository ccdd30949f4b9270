"""Roles are told to stop while the brokers are gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import await_that, span
from tests.deployed import RoleProcess
from tests.fronts import clickhouse
from tests.kafka_broker import running

pytestmark = pytest.mark.slow

STOP_SECONDS = 25.0


def test_roles_end_well_while_the_brokers_are_gone(tmp_path: Path) -> None:
    with running(tmp_path / "kafka") as broker, clickhouse(tmp_path / "clickhouse") as front:
        settings = {
            "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap,
            "CLICKHOUSE_HOST": "127.0.0.1",
            "CLICKHOUSE_PORT": str(front.port),
        }
        roles = [
            RoleProcess(tmp_path / role, settings, (role,)).start() for role in ("ingest", "worker")
        ]
        ingest, worker = roles
        try:
            for one in roles:
                url = f"{one.url}/ready"
                await_that(
                    lambda one=one, url=url: one.client.get(url).status_code == 200,
                    f"{one.arguments} to be ready",
                    seconds=60,
                )
            ingest.api.accept("/v1/spans", span())
            stored = 'prela_worker_spans_stored_total{feed="spans"} 1.0'
            await_that(
                lambda: stored in worker.client.get(f"{worker.url}/metrics").text, "the span stored"
            )
            broker.kill()
            # It asks for more from time to time, and waits in between.
            await_that(lambda: "Failed fetch messages" in worker.log, "a look", seconds=30)
            assert 503 == worker.client.get(f"{worker.url}/ready").status_code

            assert [0, 0] == [one.stop(seconds=STOP_SECONDS) for one in roles]
            for one in roles:
                assert "Traceback" not in one.log
                assert "never retrieved" not in one.log
        finally:
            for one in roles:
                one.end()
