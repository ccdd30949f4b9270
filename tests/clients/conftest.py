"""A server that asks for a key, and the clients that send to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.client_packages import node_modules, run_client
from tests.conftest import Api, Server, run_prela
from tests.served import listening
from tests.standins.openai_api import OpenAIApi

_HERE = Path(__file__).parent


@attrs.frozen
class Clients:
    """Programs that were written for no particular receiver, and where to send to."""

    python: Path
    url: str
    grpc: str
    key: str

    def run(self, program: str, asked: dict[str, Any], **environment: str) -> Any:
        """Run a Python program to its end, and give what it said of its spans."""
        path = _HERE / "programs" / f"{program}.py"
        written = run_client(self.python, path, json.dumps(asked), **environment)
        # Some greet before the program has its say.
        return json.loads(written.splitlines()[-1])


@pytest.fixture(scope="session")
def collecting(session_dir: Path) -> Iterator[Server]:
    """One server for all clients, which asks for a key and takes OTLP over gRPC as well."""
    settings = {"PRELA_AUTH": "on", "PRELA_OTLP_GRPC_PORT": "0"}
    server = Server(session_dir / "clients", settings)
    try:
        yield server.start()
    finally:
        server.end()


@pytest.fixture(scope="session")
def collector(collecting: Server) -> Api:
    """The server for all clients, with the key that every one of them has."""
    asked = ("--project", "clients", "--data-dir", str(collecting.data_dir))
    made = run_prela("keys", "create", *asked)
    assert made.returncode == 0, made.stderr
    return collecting.api.with_key(made.stdout.strip())


@pytest.fixture(scope="session")
def clients(collecting: Server, collector: Api, clients_python: Path) -> Clients:
    (grpc,) = re.findall(r"OTLP over gRPC to (\S+)", collecting.log)
    assert collector.key is not None
    return Clients(clients_python, collector.url, grpc, collector.key)


@pytest.fixture(scope="session")
def node_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the program for Node, where it finds its packages: beside itself."""
    folder = tmp_path_factory.mktemp("node")
    (folder / "node_modules").symlink_to(node_modules())
    program = folder / "opentelemetry_sdk.mjs"
    program.write_text((_HERE / "node" / program.name).read_text())
    return program


@pytest.fixture(scope="session")
def openai_url() -> Iterator[str]:
    with listening(OpenAIApi()) as url:
        yield url
