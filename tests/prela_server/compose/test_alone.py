"""Each role as a process of its own while the services it stands on are away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.conftest import assert_problem, await_that, span
from tests.deployed import RoleProcess
from tests.parts import free_port

LONGEST = 8.0
"""Seconds within which every request is answered, whatever is away."""

CANARY = "canary-hunter2-0123456789"


@contextmanager
def started(role: str, directory: Path, **settings: str) -> Iterator[RoleProcess]:
    away = {
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "CLICKHOUSE_HOST": "127.0.0.1",
        "CLICKHOUSE_PORT": str(free_port()),
        "CLICKHOUSE_PASSWORD": CANARY,
    }
    process = RoleProcess(directory / "data", away | settings, (role,))
    with closing(process.client):
        process.start()
        try:
            yield process
        finally:
            assert 0 == process.stop(seconds=20)
    assert CANARY not in process.log
    assert not (directory / "data").exists()


def unready(process: RoleProcess) -> set[str]:
    answer = process.client.get(f"{process.url}/ready", timeout=LONGEST)
    assert 503 == answer.status_code
    assert int(answer.headers["Retry-After"]) >= 1
    assert {"status": "healthy"} == process.api.read("/health")
    return set(answer.json()["parts"])


def test_the_ingest_gateway_asks_for_nothing_but_the_bus(tmp_path: Path) -> None:
    with started("ingest", tmp_path) as process:
        assert {"bus"} == unready(process)
        refused = process.api.request("POST", "/v1/spans", json=span(), timeout=LONGEST)
        assert_problem(refused, 503)
        assert_problem(process.api.get("/api/v1/traces"), 404)


def test_the_api_gateway_asks_for_nothing_but_the_store(tmp_path: Path) -> None:
    with started("api", tmp_path) as process:
        assert {"store"} == unready(process)
        assert_problem(process.client.get(f"{process.url}/api/v1/traces"), 503)
        assert_problem(process.api.post("/v1/spans", span()), 404)


def test_the_worker_waits_for_both_and_can_be_stopped_meanwhile(tmp_path: Path) -> None:
    with started("worker", tmp_path) as process:
        await_that(lambda: "waiting" in process.log, "a line about what is waited for")
        assert {"store", "worker"} == unready(process)
        metrics = process.client.get(f"{process.url}/metrics")
        assert 200 == metrics.status_code
        assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert_problem(process.api.post("/v1/spans", span()), 404)


@pytest.mark.parametrize("role", ["ingest", "api"])
def test_in_production_every_line_is_json_with_ids(role: str, tmp_path: Path) -> None:
    process = RoleProcess(
        tmp_path / "data",
        {
            "ENVIRONMENT": "production",
            "LOG_LEVEL": "debug",
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
            "CLICKHOUSE_HOST": "127.0.0.1",
            "CLICKHOUSE_PORT": str(free_port()),
        },
        (role,),
        ready=r'"url": "([^"]+)"',
    )
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    with closing(process.client):
        process.start()
        process.client.get(
            f"{process.url}/health?q={CANARY}",
            headers={
                "X-Request-ID": "mine",
                "traceparent": f"00-{trace_id}-b7ad6b7169203331-01",
            },
        )
        assert 0 == process.stop()

    lines = [json.loads(line) for line in process.log.splitlines()]
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)
    (asked,) = [line for line in lines if line["event"] == "request"]
    assert ("debug", "GET", "/health", 200) == (
        asked["level"],
        asked["method"],
        asked["path"],
        asked["status"],
    )
    assert ("mine", trace_id) == (asked["request_id"], asked["trace_id"])
    assert CANARY not in process.log
