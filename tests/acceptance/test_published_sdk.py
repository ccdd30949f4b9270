"""The SDK that users already have, `prela` 0.1.0 from PyPI, delivers everything to us."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.client_packages import run_client
from tests.conftest import Api, Serve

PROGRAM = Path(__file__).with_name("published_program.py")

Said = list[dict[str, Any]]


def _run(python: Path, **exporting: Any) -> Said:
    return [
        json.loads(line) for line in run_client(python, PROGRAM, json.dumps(exporting)).splitlines()
    ]


def _same_moment(first: str, second: str) -> bool:
    return datetime.fromisoformat(first) == datetime.fromisoformat(second)


def _seen_attributes(said: dict[str, Any]) -> dict[str, Any]:
    """Give attributes as JSON has them: NaN, which JSON has not, as null."""
    return {
        name: None if isinstance(value, float) and value != value else value  # noqa: PLR0124 - NaN
        for name, value in said.items()
    }


def _assert_whole(api: Api, said: Said) -> None:
    """Hold every trace the server shows to what the SDK's own objects say."""
    trace_ids = {one["trace_id"] for one in said}
    assert len(trace_ids) == 2
    for trace_id in trace_ids:
        own = {one["span_id"]: one for one in said if one["trace_id"] == trace_id}
        found = api.trace(trace_id, spans=len(own))
        assert found["span_count"] == len(own)
        assert sorted(own) == sorted(one["span_id"] for one in found["spans"])
        assert found["service_name"] == "published"
        (root,) = [one for one in own.values() if one["parent_span_id"] is None]
        assert found["root_span_id"] == root["span_id"]
        assert found["name"] == root["name"]
        assert found["error_count"] == sum(one["status"] == "error" for one in own.values())
        assert _same_moment(min(one["started_at"] for one in own.values()), found["started_at"])
        assert _same_moment(max(one["ended_at"] for one in own.values()), found["completed_at"])
        for seen in found["spans"]:
            _assert_same(own[seen["span_id"]], seen)
    rows = api.walk("/api/v1/traces", service_name="published", limit=1)
    listed = [row["trace_id"] for row in rows]
    assert [1, 1] == [listed.count(trace_id) for trace_id in trace_ids]


def _assert_same(said: dict[str, Any], seen: dict[str, Any]) -> None:
    for field in ("trace_id", "parent_span_id", "name", "span_type", "status", "status_message"):
        assert said[field] == seen[field]
    for field in ("started_at", "ended_at"):
        assert _same_moment(said[field], seen[field])
    length = datetime.fromisoformat(said["ended_at"]) - datetime.fromisoformat(said["started_at"])
    assert pytest.approx(length.total_seconds() * 1000, abs=1e-6) == seen["duration_ms"]
    assert _seen_attributes(said["attributes"]) == seen["attributes"]
    assert len(said["events"]) == len(seen["events"])
    for (name, at, attributes), event in zip(said["events"], seen["events"], strict=True):
        assert name == event["name"]
        assert _same_moment(at, event["timestamp"])
        assert attributes == event["attributes"]


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
def test_traces_come_whole_once_and_with_the_right_times(
    api: Api, clients_python: Path, *, compress: bool
) -> None:
    said = _run(clients_python, url=api.url, compress=compress)

    _assert_whole(api, said)
    (plan,) = [one for one in said if one["name"] == "plan"]
    found = api.trace(plan["trace_id"])
    assert found["status"] == "error"
    assert found["input_tokens"] == 120
    assert found["output_tokens"] == 30
    assert found["models"] == ["gpt-4"]
    (shown,) = [one for one in found["spans"] if one["name"] == "look up"]
    assert shown["status_message"] == "the index is away"
    assert shown["attributes"]["error.type"] == "TimeoutError"


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("kind", ["api_key", "bearer_token"])
def test_a_key_is_sent_either_way(
    guarded: tuple[Api, str], clients_python: Path, kind: str, *, compress: bool
) -> None:
    api, key = guarded

    said = _run(clients_python, url=api.url, compress=compress, **{kind: key})

    _assert_whole(api.with_key(key), said)


@pytest.fixture(scope="module")
def guarded(module_serve: Serve) -> tuple[Api, str]:
    server = module_serve(PRELA_AUTH="on")
    made = server.prela("keys", "create", "--project", "sdk")
    assert made.returncode == 0, made.stderr
    return server.api, made.stdout.strip()


@pytest.mark.embedded
@pytest.mark.parametrize("running", [False, True], ids=["server stopped", "server running"])
def test_files_of_its_exporter_are_ingested(
    serve: Serve, clients_python: Path, tmp_path: Path, *, running: bool
) -> None:
    server = serve()
    said = _run(clients_python, directory=str(tmp_path / "traces"))
    if not running:
        server.stop()

    done = server.prela("ingest", str(tmp_path / "traces"), "--json")

    assert done.returncode == 0, done.stderr
    if not running:
        server.start()
    _assert_whole(server.api, said)


@pytest.mark.embedded
def test_files_ingested_twice_are_seen_once(
    serve: Serve, clients_python: Path, tmp_path: Path
) -> None:
    server = serve()
    said = _run(clients_python, directory=str(tmp_path / "traces"))
    for _ in range(2):
        done = server.prela("ingest", str(tmp_path / "traces"))
        assert done.returncode == 0, done.stderr

    _assert_whole(server.api, said)
