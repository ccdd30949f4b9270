"""Export, import, push and pull, run as users run them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.programs import Server, prela

pytestmark = pytest.mark.slow

RECENTLY = datetime.now(UTC) - timedelta(minutes=5)


def fill(file: Path) -> None:
    spans: list[dict[str, Any]] = [
        {
            "trace_id": f"t{number}",
            "span_id": "s",
            "name": f"step {number}",
            "status": "error" if number else "success",
            # A server keeps what is not older than its retention.
            "started_at": RECENTLY.isoformat(),
            "ended_at": (RECENTLY + timedelta(seconds=1)).isoformat(),
            "attributes": {"gen_ai.request.model": "gpt-4o", "n": number},
        }
        for number in range(3)
    ]
    traces = [{"trace_id": "t0", "metadata": {"release": "7"}, "spans": []}]
    file.write_text("".join(json.dumps(each) + "\n" for each in (*spans, *traces)))


def held(*where: object) -> list[Any]:
    """Give all that is there: the spans, and what was said of whole traces."""
    lines = map(json.loads, sorted(prela("export", "-", *where).stdout.splitlines()))
    # A table of spans does not say when a trace was announced.
    return [(one["trace_id"], one["metadata"]) if "spans" in one else one for one in lines]


@pytest.mark.parametrize("name", ["all.arrow", "all.parquet"])
def test_a_file_moves_all_there_is(tmp_path: Path, name: str) -> None:
    fill(tmp_path / "spans.jsonl")
    here, there = ("--data-dir", tmp_path / "here"), ("--data-dir", tmp_path / "there")
    prela("import", tmp_path / "spans.jsonl", *here)

    assert 0 == prela("export", tmp_path / name, *here).code
    done = prela("import", tmp_path / name, "--json", *there)

    assert (3, []) == (done.json["stored"], done.json["refused"])
    everything = held(*here)
    assert 4 == len(everything)
    assert everything == held(*there)


def test_spans_are_pushed_and_pulled(tmp_path: Path) -> None:
    fill(tmp_path / "spans.jsonl")
    here, there = ("--data-dir", tmp_path / "here"), ("--data-dir", tmp_path / "there")
    prela("import", tmp_path / "spans.jsonl", *here)
    with Server(tmp_path / "served") as server:
        for _ in range(2):  # the second time changes nothing
            done = prela("push", "--json", "--url", server.url, *here)
            assert 0 == done.code, done.stderr
            assert (3, []) == (done.json["copied"], done.json["refused"])
        everything = held(*here)
        assert everything == held("--url", server.url)

        done = prela("pull", "status:error", "--json", "--url", server.url, *there)

        assert 2 == done.json["copied"]
        assert held(*there) == everything[1:3]
