"""The first thing anybody does with Prela, by the program that everybody has."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
from tests.conftest import Serve, Server

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")

# Pasted from instructions into a shell: nothing of it may be changed to suit the server.
POST = """\
curl -X POST {url}/v1/traces \\
  -H "Content-Type: application/json" \\
  -d '{{
    "trace_id": "test-trace-123",
    "service_name": "test-service",
    "started_at": "2026-01-15T12:00:00Z",
    "completed_at": "2026-01-15T12:00:01Z",
    "duration_ms": 1000,
    "status": "success",
    "spans": [
      {{
        "span_id": "span-1",
        "trace_id": "test-trace-123",
        "name": "test-span",
        "span_type": "LLM",
        "started_at": "2026-01-15T12:00:00Z",
        "ended_at": "2026-01-15T12:00:01Z",
        "duration_ms": 1000,
        "status": "success",
        "attributes": {{"model": "gpt-4"}}
      }}
    ]
  }}'
"""

POST_OTLP = """\
curl -X POST {url}/v1/traces \\
  -H "Content-Type: application/json" \\
  -d '{{
    "resourceSpans": [{{
      "resource": {{
        "attributes": [{{"key": "service.name", "value": {{"stringValue": "by-hand"}}}}]
      }},
      "scopeSpans": [{{
        "spans": [{{
          "traceId": "5b8efff798038103d269b633813fc60c",
          "spanId": "eee19b7ec3c1b174",
          "name": "chat gpt-4o",
          "kind": "SPAN_KIND_CLIENT",
          "startTimeUnixNano": "1768478400000001000",
          "endTimeUnixNano": 1768478401500001000,
          "attributes": [
            {{"key": "gen_ai.operation.name", "value": {{"stringValue": "chat"}}}},
            {{"key": "gen_ai.request.model", "value": {{"stringValue": "gpt-4o"}}}},
            {{"key": "gen_ai.usage.input_tokens", "value": {{"intValue": "1000"}}}},
            {{"key": "gen_ai.usage.output_tokens", "value": {{"intValue": 100}}}},
            {{"key": "user.id", "value": {{"stringValue": "user-7"}}}}
          ]
        }}]
      }}]
    }}]
  }}'
"""


def _shell(command: str) -> Any:
    done = subprocess.run(
        ["sh", "-c", command + " --silent --show-error --fail --noproxy '*'"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def server(module_serve: Serve) -> Server:
    """The examples' date grows old; what is to be seen here is not retention."""
    return module_serve(PRELA_RETENTION_DAYS="0")


def test_a_trace_posted_by_curl_is_listed_and_shown(server: Server) -> None:
    answer = _shell(POST.format(url=server.url).rstrip())

    assert answer["status"] == "accepted"
    assert answer["trace_id"] == "test-trace-123"
    assert answer["spans"] == 1

    server.settle()
    listed = _shell(f"curl {server.asks_at}/api/v1/traces")
    (row,) = (each for each in listed["items"] if each["trace_id"] == "test-trace-123")
    assert row["service_name"] == "test-service"
    assert row["started_at"] == "2026-01-15T12:00:00Z"
    assert row["completed_at"] == "2026-01-15T12:00:01Z"
    assert row["duration_ms"] == 1000.0
    assert row["status"] == "success"
    assert row["root_span_id"] == "span-1"
    assert row["span_count"] == 1

    shown = _shell(f"curl {server.asks_at}/api/v1/traces/test-trace-123")
    assert {name: shown[name] for name in row} == row
    (span,) = shown["spans"]
    assert span["span_id"] == "span-1"
    assert span["name"] == "test-span"
    assert span["span_type"] == "llm"
    assert span["service_name"] == "test-service"
    assert span["attributes"] == {"model": "gpt-4"}


def test_otlp_posted_by_curl_is_shown(server: Server) -> None:
    assert _shell(POST_OTLP.format(url=server.url).rstrip()).get("partialSuccess", {}) == {}

    server.settle()
    shown = _shell(f"curl {server.asks_at}/api/v1/traces/5b8efff798038103d269b633813fc60c")
    (span,) = shown["spans"]
    assert shown["service_name"] == "by-hand"
    assert (span["span_id"], span["name"]) == ("eee19b7ec3c1b174", "chat gpt-4o")
    assert (span["span_type"], span["model"], span["user_id"]) == ("llm", "gpt-4o", "user-7")
    assert span["started_at"] == "2026-01-15T12:00:00.000001Z"
    assert span["duration_ms"] == 1500.0
    assert (span["input_tokens"], span["output_tokens"]) == (1000, 100)
    assert span["cost_usd"] == pytest.approx((1000 * 2.5 + 100 * 10) / 1e6)
