from __future__ import annotations

from pathlib import Path

import pytest
from tests.served import served

import prela_core
from prela_core.errors import DataDirectoryBusyError, InvalidError
from prela_core.io import opening
from prela_core.io.data_directory import DataDirectory
from prela_core.io.store_exporter import StoreExporter
from prela_core.io.tracing import open_tracer


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a directory that holds one trace, and that nobody has open."""
    exporter = StoreExporter(tmp_path / "data")
    with open_tracer("shop", exporter).span("answer", "agent"):
        pass
    exporter.close()
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_what_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="is no directory, so there are no traces in it"):
        prela_core.connect(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_who_has_the_directory_for_too_long_is_named(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_PATIENCE_SECONDS", 0.1)
    with (
        DataDirectory(data, command="prela ingest"),
        pytest.raises(DataDirectoryBusyError, match=r"open in `prela ingest`"),
    ):
        prela_core.connect(data)
