"""The servers that are compared: Prela, and the peers that install from PyPI.

Each runs as its own project starts it, on SQLite in an empty folder where it needs a database, and
is asked through its own API. A peer lives in an environment of its own, made when it is first
needed and kept in the user's cache.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs
from load import post, send_all
from serving import Running, free_port, started, visible_spans

sys.path.append(str(Path(__file__).parents[2]))
from tests.kept import kept

__all__ = ["AFTER", "AGAIN", "LIST", "NEWEST", "WORD", "System", "mlflow", "phoenix", "prela"]

NEWEST = "newest 50 traces"
LIST = "plain list of 50"
WORD = "rare word"
AGAIN = ", asked again"
AFTER = ", another span accepted since"

_INSTALL_SECONDS = 900


@attrs.frozen
class System:
    """A server that takes OTLP at `/v1/traces`, with the `headers` it asks for beside.

    `command` and `settings` start it in a folder, on a port. `visible` counts the spans that can
    be seen at an address; `questions` gives requests by name, for an address and a word, for a
    page of about 50 rows or of exactly so many.
    """

    name: str
    command: Callable[[Path, int], Sequence[str]]
    ready: str
    visible: Callable[[str], int]
    questions: Callable[[str, str, int], Mapping[str, bytes]]
    settings: Callable[[Path, int], Mapping[str, str]] = lambda _folder, _port: {}
    headers: Mapping[str, str] = attrs.field(factory=dict)

    @contextmanager
    def running(self, folder: Path) -> Iterator[Running]:
        """Run it on what is in `folder` until the block ends."""
        port = free_port()
        settings = {**self.settings(folder, port), "NO_PROXY": "*"}
        with started(self.command(folder, port), settings, folder, port, self.ready) as running:
            yield running


def prela() -> System:
    """Give ours."""
    return System(
        name=f"Prela {version('prela-core')}",
        command=lambda folder, port: [
            *(sys.executable, "-m", "prela_cli", "serve"),
            *("--port", str(port), "--data-dir", str(folder / "data")),
        ],
        ready="/ready",
        visible=visible_spans,
        # Ours keeps a page that was asked for, until something is written.
        questions=lambda _url, word, limit: {
            NEWEST: _get(f"/api/v1/traces?limit={limit}"),
            WORD: _get(f"/api/v1/search?q={word}&limit={limit}"),
            NEWEST + AGAIN: _get("/api/v1/traces?limit=50"),
            WORD + AGAIN: _get(f"/api/v1/search?q={word}&limit=50"),
        },
    )


def phoenix() -> System:
    """Give Arize Phoenix; raises `OSError` where it can't be installed."""
    python = _environment("arize-phoenix")
    return System(
        name=f"Phoenix {_version(python, 'arize-phoenix')}",
        # Not their scripts: those name the folder in which an environment was made.
        command=lambda _folder, _port: [str(python), "-m", "phoenix.server.main", "serve"],
        settings=lambda folder, port: {
            "PHOENIX_WORKING_DIR": str(folder),
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(port),
            "PHOENIX_GRPC_PORT": str(free_port()),
            "PHOENIX_TELEMETRY_ENABLED": "false",
        },
        ready="/readyz",
        visible=lambda url: sum(each["recordCount"] for each in _phoenix_projects(url)),
        questions=_phoenix_questions,
    )


def _phoenix_projects(url: str) -> list[dict[str, Any]]:
    query = "{projects{edges{node{id name recordCount}}}}"
    answer = _ask(url, post("/graphql", json.dumps({"query": query}).encode()))
    return [edge["node"] for edge in answer["data"]["projects"]["edges"]]


# What a row of its page of traces shows, and less than the page itself asks for.
_PHOENIX_PAGE = """
query ($project: ID!) {
  node(id: $project) {
    ... on Project {
      spans(first: 50, sort: {col: startTime, dir: desc}, filterCondition: "parent_id is None") {
        edges {
          node {
            spanId spanKind name statusCode startTime latencyMs metadata cumulativeTokenCountTotal
            input { value: truncatedValue }
            output { value: truncatedValue }
            trace { traceId numSpans costSummary { total { cost } } }
            spanAnnotations { name label score annotatorKind }
          }
        }
      }
    }
  }
}
"""
_PHOENIX_WORD = """
query ($project: ID!, $condition: String!) {
  node(id: $project) {
    ... on Project {
      spans(first: 50, sort: {col: startTime, dir: desc}, filterCondition: $condition) {
        edges { node { spanId name startTime trace { traceId } } }
      }
    }
  }
}
"""


def _phoenix_questions(url: str, word: str, _limit: int) -> Mapping[str, bytes]:
    (project,) = [each["id"] for each in _phoenix_projects(url) if each["name"] == "default"]

    def asked(query: str, **variables: str) -> bytes:
        document = {"query": query, "variables": {"project": project, **variables}}
        return post("/graphql", json.dumps(document).encode())

    return {
        NEWEST: asked(_PHOENIX_PAGE),
        LIST: _get("/v1/projects/default/traces?limit=50"),
        WORD: asked(_PHOENIX_WORD, condition=f"'{word}' in attributes['llm']['prompt']"),
    }


def mlflow() -> System:
    """Give MLflow; raises `OSError` where it can't be installed."""
    python = _environment("mlflow")
    # The only experiment of an empty database.
    where = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}]
    search = "/api/3.0/mlflow/traces/search"

    def searched(**more: Any) -> bytes:
        return post(search, json.dumps({"locations": where, "max_results": 50, **more}).encode())

    def visible(url: str) -> int:
        asked = {
            "experiment_ids": ["0"],
            "view_type": "SPANS",
            "metric_name": "span_count",
            "aggregations": [{"aggregation_type": "COUNT"}],
        }
        answer = _ask(url, post("/api/3.0/mlflow/traces/metrics", json.dumps(asked).encode()))
        return sum(
            int(value)
            for each in answer.get("data_points", [])
            for value in each["values"].values()
        )

    return System(
        name=f"MLflow {_version(python, 'mlflow')}",
        command=lambda folder, port: [
            *(str(python), "-m", "mlflow", "server", "--host", "127.0.0.1"),
            *("--port", str(port), "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"),
        ],
        settings=lambda _folder, _port: {"MLFLOW_DISABLE_TELEMETRY": "true"},
        ready="/health",
        headers={"x-mlflow-experiment-id": "0"},
        visible=visible,
        questions=lambda _url, word, _limit: {
            NEWEST: searched(order_by=["timestamp_ms DESC"]),
            WORD: searched(filter=f"trace.text LIKE '%{word}%'"),
        },
    )


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def _ask(url: str, request: bytes) -> Any:
    outcome = send_all(url, [request], 1)
    if outcome.refused:
        raise OSError(f"{url} refused to answer: {outcome.answer[:300]!r}")
    return json.loads(outcome.answer)


def _environment(package: str) -> Path:
    """Give the Python of an environment that holds the newest release of one package."""

    def install(home: Path) -> None:
        python = str(home / "bin" / "python")
        if shutil.which("uv"):
            _run("uv", "venv", "--quiet", "--python", sys.executable, str(home))
            _run(
                "uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python, package
            )
        else:
            _run(sys.executable, "-m", "venv", str(home))
            _run(python, "-m", "pip", "install", "--quiet", "--no-input", package)

    name = f"bench-{package}-py{sys.version_info.major}.{sys.version_info.minor}"
    return kept(name, package, install) / "bin" / "python"


def _run(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
    )
    if done.returncode:
        raise OSError((done.stderr or done.stdout).strip()[-300:])


def _version(python: Path, package: str) -> str:
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.strip()
