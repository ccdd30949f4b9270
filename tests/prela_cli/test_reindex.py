"""`prela reindex`, run as users run it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.programs import Server, prela

from prela_core.conventions import CONVENTIONS_VERSION, price_version

_STORE = """
import sys
from pathlib import Path
import attrs
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.model import SpanBatch
from prela_core.store import rows
from prela_core.testing import span_record

def older(span, now=rows.resolve):
    return attrs.evolve(now(span), model="", output="old")

rows.resolve, rows._compiled = older, None
spans = [
    span_record(
        trace_id=f"t{at:04}",
        span_id="s",
        attributes=b'{"llm.model":"gpt-4o","output.value":"new"}',
    )
    for at in range(int(sys.argv[2]))
]
store = open_embedded(Path(sys.argv[1]) / "store", retention_days=0)
store.insert([SpanBatch("default", 1, spans), SpanBatch("shop", 1, spans[:1])])
store.close()
"""
_KILLED = """
import os, signal, sys
from pathlib import Path
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.store import ReindexScope, reindex

reindex._GROUP_BYTES = 300 * reindex._ROW_BYTES
store = open_embedded(Path(sys.argv[1]) / "store", retention_days=None)
for done in store.reindex(ReindexScope()):
    if 0 < done.changed < done.total:
        print(done.changed, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def program(text: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", text, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory in which an earlier version has stored spans of two projects."""
    stored = program(_STORE, tmp_path, 3)
    assert (0, "") == (stored.returncode, stored.stderr)
    return tmp_path


def shown(data: Path) -> tuple[Any, Any]:
    (span,) = prela("show", "t0000", "--json", "--data-dir", data).json["spans"]
    return span["model"], span["output"]


VERSIONS = f"(conventions {CONVENTIONS_VERSION}, prices {price_version()})"


def test_stored_spans_are_read_again_once(data: Path) -> None:
    assert (None, "old") == shown(data)
    dry = prela("reindex", "--dry-run", "--data-dir", data)
    assert (0, f"4 rows looked at, 4 would change {VERSIONS}\n", "") == (
        dry.code,
        dry.stdout,
        dry.stderr,
    )
    assert (None, "old") == shown(data)

    shop = prela("reindex", "--project", "shop", "--data-dir", data)
    assert f"1 row looked at, 1 changed {VERSIONS}\n" == shop.stdout
    assert (
        "0 rows looked at, 0 changed"
        in prela("reindex", "--since", "1h", "--data-dir", data).stdout
    )
    done = prela(
        "reindex", "--start", "2026-01-15", "--until", "2026-01-16", "--json", "--data-dir", data
    )
    assert {
        "looked_at": 4,
        "changed": 3,
        "dry_run": False,
        "conventions_version": CONVENTIONS_VERSION,
        "price_version": price_version(),
    } == done.json
    assert ("gpt-4o", "new") == shown(data)
    assert 0 == prela("reindex", "--json", "--data-dir", data).json["changed"]


def test_killed_half_way_it_is_run_again(tmp_path: Path) -> None:
    program(_STORE, tmp_path, 1200)
    killed = program(_KILLED, tmp_path)
    assert -signal.SIGKILL == killed.returncode
    changed = int(killed.stdout)
    assert 0 < changed < 1201

    done = prela("reindex", "--json", "--data-dir", tmp_path).json
    assert (1201, 1201 - changed) == (done["looked_at"], done["changed"])
    listed = prela("query", "--model", "gpt-4o", "--limit", 1000, "--json", "--data-dir", tmp_path)
    assert 1000 == len({row["trace_id"] for row in listed.json["items"]})


def test_a_server_that_has_the_directory_must_be_stopped(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        refused = prela("reindex", "--data-dir", server.data_dir)

    assert 1 == refused.code
    assert refused.stderr.startswith(f"prela: {server.data_dir} is open in `prela serve")
    assert refused.stderr.endswith("; stop that, run `prela reindex`, and start it again\n")


def test_a_directory_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    refused = prela("reindex", "--data-dir", tmp_path / "none")

    assert (
        2,
        f"prela: {tmp_path / 'none'} does not exist, so there are no spans in it to read again\n",
    ) == (
        refused.code,
        refused.stderr,
    )
    assert not (tmp_path / "none").exists()
    refused = prela("reindex", "--data-dir", tmp_path)
    assert (2, []) == (refused.code, list(tmp_path.iterdir()))
    assert refused.stderr.startswith(f"prela: {tmp_path} has no store, so there are no spans")


def test_two_beginnings_are_a_wrong_command_line(tmp_path: Path) -> None:
    refused = prela("reindex", "--since", "1h", "--start", "2026-01-15", "--data-dir", tmp_path)

    assert 2 == refused.code
    assert "give one of them" in refused.stderr


def test_a_beginning_behind_the_end_is_a_wrong_command_line(tmp_path: Path) -> None:
    times = ("--start", "2026-01-16", "--end", "2026-01-15")
    refused = prela("reindex", *times, "--data-dir", tmp_path)

    assert 2 == refused.code
    assert "--start is not before --end" in refused.stderr
