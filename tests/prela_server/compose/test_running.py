from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from tests.parts import free_port

from prela_core.errors import SettingsError
from prela_server.compose import Role, running
from prela_server.compose.application import grpc_server
from prela_server.deadline import Deadline
from prela_server.edge.guard import open_guard
from prela_server.run import run
from prela_server.settings import (
    Accounts,
    ClickHouse,
    Kafka,
    Secret,
    SecurityProtocol,
    Settings,
)

GATEWAY = cast("Any", None)


def test_grpc_is_off_unless_its_port_is_set(tmp_path: Path) -> None:
    assert grpc_server(Settings(data_dir=tmp_path), GATEWAY, open_guard()) is None


def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "prela_server.ingest.otlp_grpc", raising=False)
    monkeypatch.setitem(sys.modules, "grpc", None)

    with pytest.raises(SettingsError, match=r"pip install 'prela-core\[grpc\]'"):
        grpc_server(Settings(data_dir=tmp_path, otlp_grpc_port=0), GATEWAY, open_guard())


def test_a_missing_engine_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "chdb", None)

    with pytest.raises(SettingsError, match=r"set CLICKHOUSE_HOST, or pip install"):
        run(Role.ALL, Settings(data_dir=tmp_path, port=0), started=lambda *_: None)


def test_certificates_that_can_not_be_used_are_one_sentence(tmp_path: Path) -> None:
    kafka = Kafka(
        bootstrap_servers=("127.0.0.1:1",),
        security_protocol=SecurityProtocol.SSL,
        ssl_ca=Path(__file__),
    )
    settings = Settings(
        data_dir=tmp_path, port=0, kafka=kafka, clickhouse=ClickHouse(host="127.0.0.1", port=1)
    )

    for role in (Role.INGEST, Role.WORKER):
        with pytest.raises(SettingsError, match="the certificates in"):
            run(role, settings, started=lambda *_: None)


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(data_dir=tmp_path, port=0, otlp_grpc_port=taken.getsockname()[1])
        with pytest.raises(SettingsError, match="choose another PRELA_OTLP_GRPC_PORT"):
            run(Role.ALL, settings, started=lambda *_: None)


def test_a_redis_that_is_away_keeps_nobody_from_the_work(tmp_path: Path) -> None:
    pytest.importorskip("redis")
    away = Accounts(redis_url=Secret(f"redis://127.0.0.1:{free_port()}/0"))

    async def ready() -> Any:
        async with running(
            Role.ALL, Settings(data_dir=tmp_path, accounts=away), Deadline(5)
        ) as parts:
            asking = httpx.AsyncClient(
                transport=httpx.ASGITransport(parts.app), base_url="http://127.0.0.1"
            )
            async with asking:
                return await asking.get("/ready")

    answer = asyncio.run(ready())

    assert (200, "Redis does not answer.") == (
        answer.status_code,
        answer.json()["parts"]["redis"],
    )


_FIRST_INSERT = """
import asyncio
import json
import sys
from pathlib import Path

import anyio.to_thread

from prela_core.model import SpanBatch
from prela_core.testing import span_record
from prela_server.compose import Role, running
from prela_server.deadline import Deadline
from prela_server.settings import Settings

async def main() -> None:
    settings = Settings(data_dir=Path(sys.argv[1]), port=0)
    async with running(Role.ALL, settings, Deadline(5)) as parts:
        before = set(sys.modules)
        await anyio.to_thread.run_sync(
            parts.store.insert, [SpanBatch("default", 1, [span_record()])]
        )
        loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
        print(json.dumps(["pyarrow" in before, sorted(loaded)]))

asyncio.run(main())
"""


def test_nothing_is_left_to_be_loaded_by_the_first_insert(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_INSERT, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert [True, []] == json.loads(done.stdout.splitlines()[-1])
