from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from prela_core.errors import SettingsError
from prela_core.io.console_exporter import ConsoleExporter
from prela_core.io.exporters import exporter_from
from prela_core.io.http_exporter import HttpExporter
from prela_core.io.jsonl_exporter import JsonlExporter
from prela_core.io.otlp_exporter import OtlpExporter
from prela_core.io.several import Several
from prela_core.io.store_exporter import StoreExporter
from prela_core.testing import MemoryExporter

VARIABLES = (
    "PRELA_URL",
    "PRELA_API_KEY",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("text", "kind", "url"),
    [
        ("http", HttpExporter, "http://127.0.0.1:8000"),
        (" http ", HttpExporter, "http://127.0.0.1:8000"),
        ("http://prela:8000/", HttpExporter, "http://prela:8000"),
        ("https://prela.example/base", HttpExporter, "https://prela.example/base"),
        ("http://ada:s3cret@prela:8000", HttpExporter, "http://prela:8000"),
        ("otlp", OtlpExporter, "http://localhost:4318/v1/traces"),
        ("otlp+http://ada:s3cret@collector", OtlpExporter, "http://collector/v1/traces"),
        ("otlp+http://collector:4318", OtlpExporter, "http://collector:4318/v1/traces"),
        ("otlp+https://one/v1/traces", OtlpExporter, "https://one/v1/traces"),
    ],
)
def test_servers(text: str, kind: Any, url: str) -> None:
    exporter: Any = exporter_from(text)

    assert (kind, url) == (type(exporter), exporter.url)


def test_the_server_and_its_key_come_from_arguments_then_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PRELA_URL", "http://of-environment:1")
    monkeypatch.setenv("PRELA_API_KEY", "prela_sk_e")
    found: Any = [
        exporter_from("http"),
        exporter_from("http", url="http://given:2", api_key="prela_sk_g"),
        exporter_from("http://named:3", url="http://given:2"),
    ]
    assert [
        ("http://of-environment:1", "prela_sk_e"),
        ("http://given:2", "prela_sk_g"),
        ("http://named:3", "prela_sk_e"),
    ] == [(each.url, each._clients.client.headers["X-API-Key"]) for each in found]


def test_attempts_go_to_those_that_try_again() -> None:
    exporters: Any = exporter_from("http,otlp", attempts=1)

    assert [1, 1] == [each._attempts for each in exporters.exporters]


def test_files_consoles_memories_and_stores(tmp_path: Path) -> None:
    exporters: Any = exporter_from(
        f"jsonl:{tmp_path}/a.jsonl, console, memory, store, store:{tmp_path}"
    )

    assert Several is type(exporters)
    kinds = [JsonlExporter, ConsoleExporter, MemoryExporter, StoreExporter, StoreExporter]
    assert kinds == [type(each) for each in exporters.exporters]
    assert tmp_path / "a.jsonl" == exporters.exporters[0]._path
    assert tmp_path == exporters.exporters[4].path


def test_an_exporter_is_itself_and_a_sequence_is_several() -> None:
    own = MemoryExporter()

    assert own is exporter_from(own)
    assert own is exporter_from([own])
    several: Any = exporter_from([own, "memory", "console,memory"])
    assert (own, 3) == (several.exporters[0], len(several.exporters))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "jsonl",
        "jsonl:",
        "store:",
        "console:x",
        "otlp+",
        "memory,",
        "HTTP",
        "grpc:x",
    ],
)
def test_what_is_none_is_said_with_what_there_is(text: str) -> None:
    with pytest.raises(SettingsError, match="is no exporter; these are known: http, http://"):
        exporter_from(text)


@pytest.mark.parametrize("text", ["htp://ada:s3cret@x", "http://ada:s3cret@x:port"])
def test_what_may_be_a_password_is_not_repeated(text: str) -> None:
    with pytest.raises(SettingsError, match=r"\*\*\*@x") as caught:
        exporter_from(text)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing/spans.jsonl", "."])
def test_a_file_that_can_never_be_written_is_said_at_once(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"'jsonl:.*' can't be used: .*; name another file"):
        exporter_from(f"jsonl:{tmp_path}/{name}")


def test_a_store_whose_extra_is_not_installed_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "chdb", None)
    with pytest.raises(SettingsError, match=r"'store' needs .*prela-core\[embedded\]"):
        exporter_from("store")


def test_none_at_all_is_said() -> None:
    with pytest.raises(SettingsError, match="no exporter is named"):
        exporter_from([])


@pytest.mark.parametrize("text", ["http://", "http://host:99999999", "otlp+http://a b"])
def test_what_can_be_no_server_is_said_in_one_sentence(text: str) -> None:
    with pytest.raises(SettingsError, match=r"can't be used: .*is not the URL of a server"):
        exporter_from(text)
