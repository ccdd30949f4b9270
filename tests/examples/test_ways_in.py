"""Each example of a way in, run as its page says, against a real server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.client_packages import node_modules, python_with_examples, run_client
from tests.conftest import Api, Server, clean_environment

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def newest(api: Api, service: str, user: str = "") -> dict[str, Any]:
    """Give the newest trace of a service, whole."""
    wanted = {"service_name": service, "limit": 1} | ({"user_id": user} if user else {})
    (row,) = api.read("/api/v1/traces", **wanted)["items"]
    return api.trace(row["trace_id"])


def tree(trace: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """Give type, name and the parent's name of every span."""
    names = {span["span_id"]: span["name"] for span in trace["spans"]}
    return [
        (span["span_type"], span["name"], names.get(span["parent_span_id"]))
        for span in trace["spans"]
    ]


def run(server: Server, example: str) -> str:
    """Run an example that has packages of its own."""
    environment = {"PRELA_URL": server.url, "PYTHONPATH": clean_environment()["PYTHONPATH"]}
    path = os.pathsep.join([environment.pop("PYTHONPATH"), str(ROOT)])
    return run_client(
        python_with_examples(), "-m", f"examples.{example}", PYTHONPATH=path, **environment
    )


def test_the_sdk(server: Server, api: Api) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "examples.sdk"],
        cwd=ROOT,
        env=clean_environment() | {"PRELA_URL": server.url},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stderr == ""
    assert "was lost by the carrier" in done.stdout
    traces = {user: newest(api, "support", user) for user in ("ada", "grace")}
    for trace in traces.values():
        assert {
            ("agent", "support", None),
            ("retrieval", "find policy", "support"),
            ("tool", "look_up", "support"),
            ("llm", "write", "support"),
        } == set(tree(trace))
        assert {"demo"} == {span["environment"] for span in trace["spans"]}
    assert (0, 1) == (traces["ada"]["error_count"], traces["grace"]["error_count"])
    assert {"session-7"} == {span["session_id"] for span in traces["ada"]["spans"]}
    assert "ada@example.com" not in str(traces["ada"])
    (call,) = [span for span in traces["ada"]["spans"] if span["span_type"] == "llm"]
    assert "What is lost" in call["input"]
    assert "was lost by the carrier" in call["output"]
    assert call["cost_usd"] > 0
    (root,) = [span for span in traces["ada"]["spans"] if span["span_type"] == "agent"]
    assert ["gen_ai.evaluation.result"] == [event["name"] for event in root["events"]]


def test_opentelemetry(server: Server, api: Api) -> None:
    assert "is on its way" in run(server, "opentelemetry")

    trace = newest(api, "support-otel")
    assert [
        ("agent", "support", None),
        ("llm", "chat gpt-4o", "support"),
        ("tool", "execute_tool look_up", "support"),
        ("llm", "chat gpt-4o", "support"),
    ] == tree(trace)
    assert (12, 11) == (trace["input_tokens"], trace["output_tokens"])
    assert "session-7" == trace["spans"][0]["session_id"]
    assert "Where is order 1042?" in trace["spans"][1]["input"]


def test_opentelemetry_in_node(server: Server, api: Api, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(node_modules())
    shutil.copy(ROOT / "examples" / "opentelemetry" / "agent.mjs", tmp_path)

    assert "no such order" in run_client("node", tmp_path / "agent.mjs", PRELA_URL=server.url)

    trace = newest(api, "support-node")
    assert [
        ("agent", "support", None),
        ("tool", "execute_tool look_up", "support"),
        ("llm", "chat gpt-4o", "support"),
    ] == tree(trace)
    assert "Error: there is no order 9999" == trace["spans"][1]["status_message"]


def test_the_openai_client(server: Server, api: Api) -> None:
    assert "You said: Order 1042 is on its way." in run(server, "openai_client")

    trace = newest(api, "support-openai")
    assert [
        ("agent", "support", None),
        ("llm", "ChatCompletion", "support"),
        ("llm", "ChatCompletion", "support"),
    ] == tree(trace)
    assert (8, 10) == (trace["input_tokens"], trace["output_tokens"])
    assert "gpt-4o-2024-08-06" == trace["spans"][1]["model"]
    assert "look_up" in trace["spans"][1]["output"]
    assert {("session-7", "ada")} == {
        (span["session_id"], span["user_id"]) for span in trace["spans"]
    }


def test_langchain(server: Server, api: Api) -> None:
    assert "You said: Order 1042 is on its way." in run(server, "langchain")

    trace = newest(api, "support-langchain")
    assert {
        ("chain", "RunnableSequence", None),
        ("llm", "ChatOpenAI", "RunnableSequence"),
        ("tool", "look_up", "RunnableLambda"),
    } <= set(tree(trace))
    assert (9, 10) == (trace["input_tokens"], trace["output_tokens"])
    assert {("session-7", "ada")} == {
        (span["session_id"], span["user_id"]) for span in trace["spans"]
    }


def test_llama_index(server: Server, api: Api) -> None:
    assert "What is lost is paid back" in run(server, "llama_index")

    trace = newest(api, "support-llama-index")
    assert {
        ("chain", "RetrieverQueryEngine.query", None),
        ("retrieval", "VectorIndexRetriever.retrieve", "RetrieverQueryEngine._query"),
        ("llm", "MockLLM.complete", "MockLLM.predict"),
    } <= set(tree(trace))
    assert "When is a lost order" in trace["spans"][0]["input"]
    assert {"session-7"} == {span["session_id"] for span in trace["spans"]}


def test_pytest() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "examples/pytest"],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert 0 == done.returncode, done.stdout
    assert "4 passed" in done.stdout


def test_the_stand_in_says_where_it_answers() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "examples.openai_standin", "--port", "0"],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = dict(word.split("=") for word in process.stdout.readline().split()[1:])
        try:
            asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}
            answer = httpx.post(
                f"{said['OPENAI_BASE_URL']}/chat/completions",
                json=asked,
                headers={"Authorization": f"Bearer {said['OPENAI_API_KEY']}"},
            )
        finally:
            process.terminate()

    assert "You said: hello" == answer.json()["choices"][0]["message"]["content"]


RUN_IN_A_CHECKOUT = ROOT / "examples" / "agents"
"""Its stand-ins are those that tests hold to the shapes that platforms document."""


def test_examples_need_nothing_of_the_tests() -> None:
    programs = [
        path
        for path in (ROOT / "examples").rglob("*.py")
        if not path.is_relative_to(RUN_IN_A_CHECKOUT)
    ]
    assert programs
    assert [] == [
        path
        for path in programs
        if any(
            line.startswith(("from tests", "import tests"))
            for line in path.read_text().splitlines()
        )
    ]
