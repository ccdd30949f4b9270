from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tests.served import served

import prela_core
from prela_core.errors import DataDirectoryBusyError, InvalidError
from prela_core.io import opening
from prela_core.io.data_directory import DataDirectory
from prela_core.io.http_client import HttpClient
from prela_core.io.saved_login import Login, save
from prela_core.io.store_exporter import StoreExporter
from prela_core.io.tracing import open_tracer
from prela_core.notebook import Connection
from prela_core.store import TraceFilter
from prela_core.store.export import ExportForm, Selection


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a directory that holds one trace, and that nobody has open."""
    exporter = StoreExporter(tmp_path / "data")
    with open_tracer("shop", exporter).span("answer", "agent"):
        pass
    exporter.close()
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PRELA_CONFIG_DIR", str(tmp_path / "settings"))
    for name in ("PRELA_URL", "PRELA_API_KEY", "PRELA_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_a_directory_is_asked_by_path_or_by_the_environment_and_let_go(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with prela_core.connect(data) as db:
        assert ["answer"] == [each.name for each in db.traces()]
        assert f"<Prela: the traces of {data}>" == repr(db)
    monkeypatch.setenv("PRELA_DATA_DIR", str(data))
    with prela_core.connect() as db:
        assert "answer" == db.trace(db.traces()[0].trace_id).spans[0].name


def test_a_server_is_asked_by_its_url_or_by_the_directory_that_it_has_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path / "data") as (url, _):
        with prela_core.connect(url) as db:
            assert [] == db.traces()
        monkeypatch.setenv("PRELA_URL", url)
        with prela_core.connect() as db:
            assert f"<Prela: the traces of {url}>" == repr(db)
    with DataDirectory(tmp_path / "data", command="prela serve") as held:
        held.announce("http://127.0.0.1:7")
        with prela_core.connect(tmp_path / "data") as db:
            assert "<Prela: the traces of http://127.0.0.1:7>" == repr(db)


def test_the_server_that_was_saved_is_asked_with_its_key_unless_another_is_named(
    monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    save(Login(url="http://saved.test", api_key="kept"))

    def asked(connection: Connection) -> tuple[str, str | None]:
        with connection:
            reader = connection.reader
            assert isinstance(reader, HttpClient)
            return reader.url, reader._client.headers.get("X-API-Key")

    assert ("http://saved.test", "kept") == asked(prela_core.connect())
    assert ("http://saved.test", "kept") == asked(prela_core.connect("http://saved.test/"))
    assert ("http://saved.test", "given") == asked(prela_core.connect(None, "given"))
    assert ("http://other.test", None) == asked(prela_core.connect("http://other.test"))
    monkeypatch.setenv("PRELA_DATA_DIR", str(data))
    with prela_core.connect() as db:
        assert 1 == len(db.traces())


def test_what_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="is no directory and no file of spans"):
        prela_core.connect(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    (tmp_path / "other" / "store").mkdir(parents=True)
    with pytest.raises(InvalidError, match="other has no store, so there are no traces in it"):
        prela_core.connect(tmp_path / "other")
    assert ["store"] == [each.name for each in (tmp_path / "other").rglob("*")]


def test_who_has_the_directory_for_too_long_is_named(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_PATIENCE_SECONDS", 0.1)
    with (
        DataDirectory(data, command="prela ingest"),
        pytest.raises(DataDirectoryBusyError, match=r"open in `prela ingest`"),
    ):
        prela_core.connect(data)


def test_a_program_looks_into_the_directory_that_it_records_into(tmp_path: Path) -> None:
    exporter = StoreExporter(tmp_path / "data")
    tracer = open_tracer("shop", exporter)
    with tracer.span("first", "agent"):
        pass
    with prela_core.connect(tmp_path / "data") as db, prela_core.connect(tmp_path / "data") as two:
        with tracer.span("second", "agent"):
            pass
        assert {"first", "second"} == {each.name for each in db.traces()}
        db.close()
        db.close()
        assert 2 == len(two.traces())
    with tracer.span("third", "agent"):
        pass
    exporter.close()
    with prela_core.connect(tmp_path / "data") as db:
        assert 3 == len(db.traces())


def test_a_process_has_one_directory_at_a_time(data: Path, tmp_path: Path) -> None:
    with DataDirectory(tmp_path / "other", command="prela"):
        pass
    with (
        prela_core.connect(data),
        pytest.raises(DataDirectoryBusyError, match=r"this process has .*data open"),
    ):
        prela_core.connect(tmp_path / "other")
    with prela_core.connect(tmp_path / "other") as db:
        assert [] == db.traces()


LINE = (
    b'{"trace_id":"t","span_id":"%d","name":"chat","span_type":"llm",'
    b'"started_at":"2020-01-15T12:00:00Z","ended_at":"2020-01-15T12:00:01Z","status":"success"}\n'
)


@pytest.mark.parametrize("name", ["spans.jsonl", "spans.jsonl.gz", "spans.json"])
def test_a_file_of_spans_is_asked_as_a_directory_is(tmp_path: Path, name: str) -> None:
    lines = [LINE % number for number in range(3)]
    body = b"[" + b",".join(lines) + b"]" if name.endswith(".json") else b"".join(lines)
    (tmp_path / name).write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    with prela_core.connect(tmp_path / name) as db:
        assert [3] == [each.span_count for each in db.traces()]
    assert [name] == [each.name for each in tmp_path.iterdir()]


@pytest.mark.parametrize("form", list(ExportForm))
def test_an_export_is_asked_as_where_it_comes_from(
    data: Path, tmp_path: Path, form: ExportForm
) -> None:
    file = tmp_path / f"whole.{form.value}"
    with prela_core.connect(data) as db:
        pieces = db.reader.export("default", Selection(traces=TraceFilter()), form)
        file.write_bytes(b"".join(pieces))
        before = db.traces()[0]
    with prela_core.connect(file) as db:
        assert [before] == list(db.traces())
        assert before.trace_id == db.trace(before.trace_id[:9]).spans[0].trace_id


def test_what_is_asked_again_is_open_once_and_what_nobody_has_is_let_go(
    data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "spans.jsonl"
    file.write_bytes(LINE % 1)
    db = prela_core.connect(file)
    db = prela_core.connect(file)  # as when a cell is run again
    assert 1 == len(db.traces())
    del db
    db = prela_core.connect(data)
    assert ["answer"] == [each.name for each in db.traces()]
    db.close()
    db.close()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (LINE % 1 + b"{oh\n", "line 2"),
        (LINE % 1 + b'{"trace_id":"t"}\n', "line 2"),
        (b"\x1f\x8b\x08", "file: Compressed file ended before"),
    ],
)
def test_a_file_that_holds_anything_else_is_refused_with_the_place(
    tmp_path: Path, body: bytes, said: str
) -> None:
    file = tmp_path / ("spans.jsonl.gz" if body.startswith(b"\x1f") else "spans.jsonl")
    file.write_bytes(body)
    with pytest.raises(InvalidError, match=said):
        prela_core.connect(file)
    with DataDirectory(tmp_path / "data", command="prela"):
        pass
    with prela_core.connect(tmp_path / "data") as db:  # nothing is left open
        assert [] == db.traces()
