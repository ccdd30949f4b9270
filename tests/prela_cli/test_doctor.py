"""`prela doctor`, run as users run it."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from tests.deployed import Services
from tests.parts import free_port
from tests.programs import Ended, Server, prela

from prela_cli import doctor as doctor_module
from prela_core.io.data_directory import DataDirectory
from prela_core.io.insert_journal import Aside, set_aside

CHECKS = [
    "python",
    "chdb",
    "clickhouse-connect",
    "pyarrow",
    "starlette",
    "uvicorn",
    "python-dotenv",
    "zstandard",
    "aiokafka",
    "compiled parts",
    "settings",
    "disk",
    "data directory",
    "engine",
    "server's URL",
    "API key",
    "server",
]

Run = Callable[..., Result]


def findings(ended: Ended) -> dict[str, dict[str, Any]]:
    return {each["check"]: each for each in ended.json}


def unwell(ended: Ended) -> list[str]:
    return [name for name, each in findings(ended).items() if not each["well"]]


def test_what_was_accepted_and_is_not_stored_is_told_of(tmp_path: Path) -> None:
    journal = tmp_path / "store" / "journal"
    journal.mkdir(parents=True)
    set_aside(journal, Aside.TORN, b"never accepted")
    assert [] == unwell(prela("doctor", "--data-dir", tmp_path, "--json"))
    kept = set_aside(journal, Aside.REFUSED, b"rows")
    done = prela("doctor", "--data-dir", tmp_path, "--json")
    assert (1, ["kept aside"]) == (done.code, unwell(done))
    said = findings(done)["kept aside"]
    assert f"accepted, and not in the store: {kept.name} in {journal}" == said["detail"]
    assert "delete the files" in said["remedy"]


def test_all_is_well_before_anything_was_done(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    done = prela("doctor", "--data-dir", missing)

    assert (0, "") == (done.code, done.stderr)
    said = done.stdout.splitlines()
    assert CHECKS == [line[5:23].strip() for line in said]
    assert all(line.startswith("ok   ") for line in said)
    assert f"{missing} does not exist yet; it is made when it is needed" in done.stdout
    assert "none runs on the data directory; `prela serve` starts one" in done.stdout
    assert not missing.exists()


def test_a_server_is_found_and_asked(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        done = prela("doctor", "--data-dir", tmp_path, "--json")

    assert 0 == done.code
    assert CHECKS == list(findings(done))
    assert [] == unwell(done)
    where = f"open in `prela serve` (process {server.process.pid}) at {server.url}"
    assert where in findings(done)["data directory"]["detail"]
    assert "opens a directory and answers" == findings(done)["engine"]["detail"]
    assert f"{server.url} is ready and answers" == findings(done)["server"]["detail"]


def test_what_is_unwell_is_named_and_the_code_is_1(tmp_path: Path) -> None:
    done = prela(
        "doctor",
        "--data-dir",
        tmp_path,
        "--json",
        PRELA_PORT="http",
        PRELA_PROT="9000",
        PRELA_URL="http://127.0.0.1:9",
    )

    assert (1, "") == (done.code, done.stderr)
    assert ["settings", "server"] == unwell(done)
    found = findings(done)
    assert "PRELA_PORT=http: 'http' is not a whole number" == found["settings"]["detail"]
    assert "can't be reached (Connection refused)" in found["server"]["detail"]
    assert "opens a directory and answers" == found["engine"]["detail"]
    assert [] == list(tmp_path.iterdir())


def test_services_that_are_set_are_asked_and_the_engine_is_not_missed(
    tmp_path: Path, services: Services
) -> None:
    there = {
        "KAFKA_BOOTSTRAP_SERVERS": services.kafka,
        "CLICKHOUSE_HOST": "127.0.0.1",
        "CLICKHOUSE_PORT": str(services.clickhouse.port),
        "REDIS_URL": services.redis.url,
    }
    with services.postgres.schema() as url:
        done = prela("doctor", "--data-dir", tmp_path, "--json", DATABASE_URL=url, **there)

    assert (0, []) == (done.code, unwell(done))
    found = findings(done)
    assert ["answers"] * 4 == [
        found[name]["detail"].partition(";")[0]
        for name in ("Kafka", "ClickHouse", "PostgreSQL", "Redis")
    ]
    assert {"psycopg", "redis"} <= set(found)
    assert "engine" not in found


def test_services_that_are_away_are_named_and_no_secret_is(tmp_path: Path) -> None:
    port, canary = free_port(), "canary-hunter2"
    away = {
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{port}",
        "CLICKHOUSE_HOST": "127.0.0.1",
        "CLICKHOUSE_PORT": str(port),
        "CLICKHOUSE_PASSWORD": canary,
        "DATABASE_URL": f"postgresql://prela:{canary}@127.0.0.1:{port}/prela",
        "REDIS_URL": f"redis://:{canary}@127.0.0.1:{port}/0",
    }
    done = prela("doctor", "--data-dir", tmp_path, "--json", **away)

    assert 1 == done.code
    assert ["Kafka", "ClickHouse", "PostgreSQL", "Redis"] == unwell(done)
    assert "Connection refused" in findings(done)["PostgreSQL"]["detail"]
    assert canary not in done.stdout + done.stderr


# The rest is in this process, where libraries and disks can be taken away.


def by_name(result: Result) -> dict[str, list[str]]:
    return {line[5:23].strip(): [line[:3], line[24:]] for line in result.stdout.splitlines()}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_module, "_engine", lambda _: "answers")


def test_a_missing_library_is_bad_with_what_installs_it_but_for_kafka(
    run: Run, tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = metadata.version

    def version(name: str) -> str:
        if name in ("chdb", "aiokafka"):
            raise metadata.PackageNotFoundError
        return present(name)

    monkeypatch.setattr(metadata, "version", version)
    result = run("doctor", "--data-dir", str(tmp_path))

    assert 1 == result.exit_code
    assert ["BAD", "not installed"] == by_name(result)["chdb"]
    assert f"{'':<24}pip install 'prela-core[embedded]'\n" in result.stdout
    assert ["ok ", "not installed"] == by_name(result)["aiokafka"]

    elsewhere = {"CLICKHOUSE_HOST": "127.0.0.1", "CLICKHOUSE_PORT": str(free_port())}
    result = run("doctor", "--data-dir", str(tmp_path), **elsewhere)
    assert ["ok ", "not installed"] == by_name(result)["chdb"]
    kafka = {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}"}
    result = run("doctor", "--data-dir", str(tmp_path), **kafka)
    assert ["BAD", "not installed"] == by_name(result)["aiokafka"]


def test_what_is_compiled_is_told_of(
    run: Run, tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> list[str]:
        return by_name(run("doctor", "--data-dir", str(tmp_path)))["compiled parts"]

    monkeypatch.setattr("prela_core.compiled.why_not", lambda: "")
    assert ["ok ", "in use"] == told()
    monkeypatch.setattr("prela_core.compiled.why_not", lambda: "it is older than its sources")
    assert ["ok ", "not in use, Python does it all: it is older than its sources"] == told()


def test_a_module_that_can_not_be_imported_is_bad(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: Path) -> str:
        raise ModuleNotFoundError("No module named 'chdb'", name="chdb")

    monkeypatch.setattr(doctor_module, "_engine", missing)
    result = run("doctor", "--data-dir", str(tmp_path))

    assert 1 == result.exit_code
    assert ["BAD", "chdb is missing"] == by_name(result)["engine"]


def test_little_space_is_bad(
    run: Run, tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 999_000_000})
    monkeypatch.setattr(doctor_module.shutil, "disk_usage", lambda _: usage)
    result = run("doctor", "--data-dir", str(tmp_path / "not" / "yet"))

    assert 1 == result.exit_code
    assert ["BAD", f"1.0 GB free below {tmp_path}"] == by_name(result)["disk"]
    assert "make room, or choose another --data-dir" in result.stdout


def test_settings_are_named_and_those_that_nothing_reads_too(
    run: Run, tmp_path: Path, quick: None
) -> None:
    result = run(
        "doctor", "--data-dir", str(tmp_path), PRELA_AUTH="on", PRELA_SAMPLE="1", PRELA_PROT="9"
    )

    assert 0 == result.exit_code
    assert by_name(result)["settings"] == [
        "ok ",
        "from PRELA_AUTH, PRELA_CONFIG_DIR, PRELA_SAMPLE; nothing here reads PRELA_PROT",
    ]


def test_a_directory_that_another_command_has_is_well(
    run: Run, tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prela_cli.source._PATIENCE", 0.0)
    with DataDirectory(tmp_path, command="prela ingest"):
        result = run("doctor", "--data-dir", str(tmp_path))

    assert 0 == result.exit_code
    assert "open in `prela ingest` (process " in by_name(result)["data directory"][1]


@pytest.mark.parametrize("path", ["file/sub", "locked"])
def test_of_a_directory_that_can_not_be_used_nothing_more_is_said(
    run: Run, tmp_path: Path, path: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "locked" / "prela.lock").mkdir(parents=True)
    result = run("doctor", "--data-dir", str(tmp_path / path))

    assert 1 == result.exit_code
    assert "BAD" == by_name(result)["data directory"][0]
    left_out = {"engine", "server"}
    assert [name for name in CHECKS if name not in left_out] == list(by_name(result))


def test_a_directory_that_can_not_be_written_to_is_bad(
    run: Run, tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As root everything can be written to.
    monkeypatch.setattr(doctor_module.os, "access", lambda _, mode: mode != os.W_OK)
    result = run("doctor", "--data-dir", str(tmp_path))

    assert 1 == result.exit_code
    assert ["BAD", f"{tmp_path} can't be written to by this user"] == by_name(result)[
        "data directory"
    ]
