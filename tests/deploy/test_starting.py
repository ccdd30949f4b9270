"""The command lines of the files start, are found healthy by the image's check, and stop."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import httpx
import pytest
from tests.conftest import await_that, clean_environment, span
from tests.deploy.described import ROOT, STARTED, TOML, Started
from tests.deployed import Services
from tests.parts import free_port

_START_SECONDS = 60
_COMPOSE = {one.role: one for one in STARTED if one.file == "docker-compose.yml"}
_ALONE = [one for one in STARTED if one.role == "all"]


@attrs.frozen
class Process:
    """A command line that runs, told its port as its host would tell it."""

    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_healthy(self) -> bool:
        """Run the health check of the image, in the environment of the process."""
        if self.process.poll() is not None:
            pytest.fail(f"ended with {self.process.returncode}:\n{self.log.read_text()}")
        check = [sys.executable, "-S", str(ROOT / "deploy" / "health.py")]
        return subprocess.run(check, env=self.environment, check=False).returncode == 0

    def prela(self, *arguments: str) -> str:
        """Run a command beside the process, as `docker compose exec` does."""
        command = [sys.executable, "-m", "prela_cli", *arguments]
        ran = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, check=True)
        return ran.stdout.decode().strip()


@contextmanager
def running(started: Started, data_dir: Path, **places: str) -> Iterator[Process]:
    """Run a command line with what its file sets, but for where everything is."""
    assert started.command[0] == "prela"
    port, log = free_port(), data_dir.with_suffix(".log")
    own = started.environment | places | {"PRELA_DATA_DIR": str(data_dir)}
    told = "PRELA_PORT" if "PRELA_PORT" in own else "PORT"
    environment = clean_environment() | own | {told: str(port)}
    with (
        log.open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-m", "prela_cli", *started.command[1:]],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        ) as process,
    ):
        one = Process(process, environment, port, log)
        try:
            await_that(one.is_healthy, f"{started} to be healthy", seconds=_START_SECONDS)
            yield one
            process.send_signal(signal.SIGTERM)
            assert process.wait(started.grace) == 0, log.read_text()
        finally:
            process.kill()


def ready(one: Process) -> bool:
    return httpx.get(f"{one.url}/ready", trust_env=False).status_code == 200


@pytest.mark.parametrize("started", STARTED, ids=str)
def test_there_are_no_other_command_lines(started: Started) -> None:
    role = () if started.role == "all" else (started.role,)

    assert ("prela", "serve", *role) == started.command


@pytest.mark.parametrize("started", _ALONE, ids=str)
def test_one_process_starts_and_stops(started: Started, tmp_path: Path) -> None:
    with running(started, tmp_path / "data") as one:
        assert ready(one)
        answer = httpx.post(f"{one.url}/v1/spans", json=span(), trust_env=False)
        assert answer.status_code == 401, "keys are asked for"
        key = one.prela("keys", "create", "--project", "default")
        answer = httpx.post(
            f"{one.url}/v1/spans", json=span(), headers={"X-API-Key": key}, trust_env=False
        )
        assert answer.status_code == 200


def test_the_stack_carries_a_span_from_end_to_end(services: Services, tmp_path: Path) -> None:
    """What docker-compose.yml starts, with what it sets, over the services of the tests."""
    services.clickhouse.command("CREATE DATABASE IF NOT EXISTS hosting")
    with services.postgres.schema() as database_url:
        places = {
            "KAFKA_BOOTSTRAP_SERVERS": services.kafka,
            "CLICKHOUSE_HOST": "127.0.0.1",
            "CLICKHOUSE_PORT": str(services.clickhouse.port),
            "CLICKHOUSE_USERNAME": "default",
            "CLICKHOUSE_PASSWORD": "",
            "CLICKHOUSE_DATABASE": "hosting",
            "DATABASE_URL": database_url,
            "REDIS_URL": services.redis.url,
        }
        with (
            running(_COMPOSE["worker"], tmp_path / "worker", **places) as worker,
            running(_COMPOSE["ingest"], tmp_path / "ingest", **places) as ingest,
            running(_COMPOSE["api"], tmp_path / "api", **places) as api,
        ):
            for one in (worker, ingest, api):
                await_that(lambda at=one: ready(at), "a role to be ready", seconds=_START_SECONDS)
            headers = {"X-API-Key": api.prela("keys", "create", "--project", "default")}
            sent = span()
            answer = httpx.post(
                f"{ingest.url}/v1/spans", json=sent, headers=headers, trust_env=False
            )
            assert answer.status_code == 200

            def seen() -> bool:
                path = f"/api/v1/traces/{sent['trace_id']}"
                answer = httpx.get(api.url + path, headers=headers, trust_env=False)
                return answer.status_code == 200

            await_that(seen, "the span", seconds=30)


def test_railway_asks_where_every_role_answers() -> None:
    """`/ready` and `/health`, which the two tests before this one have seen answer."""
    assert {"/ready"} == {document["deploy"]["healthcheckPath"] for document in TOML.values()}
