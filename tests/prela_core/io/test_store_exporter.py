from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.programs import Server, prela

from prela_core.errors import DataDirectoryBusyError, SettingsError
from prela_core.io.data_directory import DataDirectory, holder_of
from prela_core.io.http_exporter import HttpExporter
from prela_core.io.store_exporter import StoreExporter
from prela_core.io.tracing import open_tracer
from prela_core.model import Span, SpanType, Status
from prela_core.store import Order, PageRequest, TraceFilter

NOW = datetime.now(UTC).replace(microsecond=0)
SPAN = Span(
    trace_id="run-1",
    span_id="a",
    name="chat",
    span_type=None,
    service_name="shop",
    started_at=NOW,
    ended_at=NOW + timedelta(seconds=1),
    status=Status.SUCCESS,
    attributes={
        "gen_ai.operation.name": "chat",
        "gen_ai.response.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 1000,
    },
)


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[StoreExporter]:
    with closing(StoreExporter(tmp_path / "data")) as opened:
        yield opened


def shown(exporter: StoreExporter, trace_id: str = "run-1") -> Any:
    return exporter.store.trace(exporter.project_id, trace_id)


def test_what_is_stored_is_read_in_the_same_process_and_by_the_command_afterwards(
    exporter: StoreExporter,
) -> None:
    exporter([SPAN, attrs.evolve(SPAN, span_id="b", parent_span_id="a")])

    found = shown(exporter)
    assert (2, "llm", "gpt-4o", 1000) == (
        found.span_count,
        found.spans[0].span_type,
        found.spans[0].model,
        found.spans[0].input_tokens,
    )
    exporter.close()
    listed = prela("query", "--json", "--data-dir", exporter.path)
    assert ["run-1"] == [row["trace_id"] for row in listed.json["items"]]
    again = prela("show", "run-1", "--json", "--data-dir", exporter.path)
    assert ["a", "b"] == [each["span_id"] for each in again.json["spans"]]


def test_a_tracer_exports_through_it(exporter: StoreExporter) -> None:
    with open_tracer("shop", exporter).span("answer", SpanType.AGENT):
        pass

    page = exporter.store.traces("default", TraceFilter(), Order.NEWEST, PageRequest())
    assert ["answer"] == [row.name for row in page.items]


def test_the_last_version_of_a_span_is_seen(exporter: StoreExporter) -> None:
    going_on = attrs.evolve(SPAN, ended_at=None, status=Status.PENDING)
    exporter([SPAN, going_on])
    for name in ("first", "second", "third"):
        exporter([attrs.evolve(SPAN, name=name)])
    exporter([going_on])

    assert (1, "third", "success") == (
        shown(exporter).span_count,
        shown(exporter).name,
        shown(exporter).status,
    )


def test_a_span_that_no_server_takes_keeps_no_other_back(
    exporter: StoreExporter, caplog: pytest.LogCaptureFixture
) -> None:
    exporter([attrs.evolve(SPAN, span_id=""), SPAN, attrs.evolve(SPAN, span_id="\n")])

    assert (1, 2) == (shown(exporter).span_count, exporter.refused)
    [said] = [record.getMessage() for record in caplog.records]
    assert "span_id is empty" in said


def test_nothing_is_opened_before_there_is_something_to_store(tmp_path: Path) -> None:
    exporter = StoreExporter(tmp_path / "data")
    exporter([])
    exporter.close()

    assert not (tmp_path / "data").exists()


def test_it_lets_go_of_the_directory_and_takes_nothing_more(exporter: StoreExporter) -> None:
    exporter([SPAN])
    assert holder_of(exporter.path) is not None
    exporter.close()
    exporter.close()

    assert holder_of(exporter.path) is None
    with pytest.raises(RuntimeError, match="closed"):
        exporter([SPAN])


def test_the_default_is_where_the_commands_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRELA_DATA_DIR", "/somewhere/else")
    assert Path("/somewhere/else") == StoreExporter().path
    monkeypatch.delenv("PRELA_DATA_DIR")
    assert Path("~/.prela").expanduser() == StoreExporter().path


def test_a_directory_that_a_server_holds_says_where_to_send(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        with pytest.raises(DataDirectoryBusyError) as caught:
            StoreExporter(tmp_path / "data")([SPAN])
        assert f"export to that server instead, with '{server.url}'" in str(caught.value)

        # As it says.
        with HttpExporter(server.url) as export:
            export([SPAN])
        assert 0 == prela("show", "run-1", "--url", server.url).code


def test_a_directory_that_another_holds_is_waited_for_a_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prela_core.io.store_exporter._PATIENCE_SECONDS", 0.0)
    with (
        DataDirectory(tmp_path, command="a notebook").acquire(),
        pytest.raises(DataDirectoryBusyError, match="a notebook"),
    ):
        StoreExporter(tmp_path)([SPAN])


def test_a_directory_that_cannot_be_made_is_a_settings_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="can't be used"):
        StoreExporter(tmp_path / "file" / "data")([SPAN])


_FORKING = """
import os, signal, sys
from datetime import datetime, UTC
from prela_core import Span
from prela_core.io.store_exporter import StoreExporter
span = Span(trace_id="run-1", span_id="a", started_at=datetime.now(UTC))
export = StoreExporter(sys.argv[1])
export([span])
if not os.fork():
    signal.alarm(30)
    try:
        export([span])
    except RuntimeError as error:
        print(error, flush=True)
    export.close()
    os._exit(0)
os.wait()
export([span])
print(export.store.trace("default", "run-1").span_count)
export.close()
"""


def test_a_forked_child_leaves_the_store_to_its_parent(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FORKING, tmp_path],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    refused, count = done.stdout.splitlines()

    assert "is open in the process that this one was forked from" in refused
    assert "1" == count
