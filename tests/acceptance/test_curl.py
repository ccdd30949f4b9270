"""The first thing anybody does with Prela, by the program that everybody has."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
from tests.conftest import Serve

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


def _shell(command: str) -> Any:
    done = subprocess.run(
        ["sh", "-c", command + " --silent --show-error --fail --noproxy '*'"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return json.loads(done.stdout)


def test_a_trace_posted_by_curl_is_listed_and_shown(serve: Serve) -> None:
    # The example's date grows old; what is to be seen here is not retention.
    url = serve(PRELA_RETENTION_DAYS="0").url

    answer = _shell(POST.format(url=url).rstrip())

    assert answer["status"] == "accepted"
    assert answer["trace_id"] == "test-trace-123"
    assert answer["spans"] == 1

    listed = _shell(f"curl {url}/api/v1/traces")
    (row,) = listed["items"]
    assert row["trace_id"] == "test-trace-123"
    assert row["service_name"] == "test-service"
    assert row["started_at"] == "2026-01-15T12:00:00Z"
    assert row["completed_at"] == "2026-01-15T12:00:01Z"
    assert row["duration_ms"] == 1000.0
    assert row["status"] == "success"
    assert row["root_span_id"] == "span-1"
    assert row["span_count"] == 1

    shown = _shell(f"curl {url}/api/v1/traces/test-trace-123")
    assert {name: shown[name] for name in row} == row
    (span,) = shown["spans"]
    assert span["span_id"] == "span-1"
    assert span["name"] == "test-span"
    assert span["span_type"] == "llm"
    assert span["service_name"] == "test-service"
    assert span["attributes"] == {"model": "gpt-4"}
