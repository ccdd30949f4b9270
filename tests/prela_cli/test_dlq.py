"""`prela dlq`, run as users run it, over Kafka and over a data directory."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.conftest import NOW, clean_environment
from tests.fronts import clickhouse
from tests.topics import Log, log

from prela_cli.main import prela
from prela_core.bus.letters import DeadLetter, letters_of
from prela_core.bus.records import Record, decode
from prela_core.errors import InvalidError
from prela_core.io.clickhouse_opening import open_embedded, open_server
from prela_core.io.kafka_letters import KafkaLetters
from prela_core.model import SpanBatch, to_micros
from prela_core.testing import span_record

AT = to_micros(NOW)
Dlq = Callable[..., subprocess.CompletedProcess[str]]


def letters(topic: str, *names: str) -> list[DeadLetter]:
    return [
        letter
        for at, name in enumerate(names)
        for letter in letters_of(
            SpanBatch("shop", AT, [span_record(trace_id="t", span_id=name, name="[bold]chat")]),
            InvalidError("the store can't hold it"),
            AT + at * 1_000_000,
            spans=topic,
            partition=3,
            offset=at,
        )
    ]


def command(environment: dict[str, str], *arguments: str) -> list[Any]:
    return [
        [sys.executable, "-m", "prela_cli", "dlq", *arguments],
        clean_environment() | environment | {"COLUMNS": "200"},
    ]


def runner(environment: dict[str, str]) -> Dlq:
    def dlq(*arguments: str) -> subprocess.CompletedProcess[str]:
        words, env = command(environment, *arguments)
        return subprocess.run(
            words, env=env, capture_output=True, text=True, timeout=60, check=False
        )

    return dlq


def runner_here(environment: dict[str, str]) -> Dlq:
    """Give the same within this process, which spares each command its start."""
    unset = dict.fromkeys(set(os.environ) - set(clean_environment()))

    def dlq(*arguments: str) -> subprocess.CompletedProcess[str]:
        words = ("dlq", *arguments)
        env = unset | clean_environment() | environment | {"COLUMNS": "200"}
        done = CliRunner().invoke(prela, words, env=env, prog_name="prela")
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    return dlq


def answer(dlq: Dlq, *arguments: str) -> Any:
    done = dlq(*arguments, "--json")
    assert (0, "") == (done.returncode, done.stderr)
    return json.loads(done.stdout)


@contextmanager
def _topics(bootstrap: str) -> Iterator[tuple[Log, asyncio.Runner, dict[str, str]]]:
    with asyncio.Runner() as loop:
        opening = log(bootstrap, partitions=1)
        held = loop.run(opening.__aenter__())
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "KAFKA_TOPIC_SPANS": held.topic,
            "KAFKA_TOPIC_TRACES": f"{held.topic}-traces",
        }
        try:
            yield held, loop, environment
        finally:
            loop.run(opening.__aexit__(None, None, None))


async def bury(held: Log, some: list[DeadLetter]) -> None:
    writer = KafkaLetters(held.connection)
    try:
        await writer.bury(some)
    finally:
        await writer.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that holds three letters."""
    store = open_embedded(tmp_path / "store", retention_days=0, readers=1)
    asyncio.run(store.letters.bury(letters("spans", "a", "b", "c")))
    store.close()
    return tmp_path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A ClickHouse without Kafka, which holds three letters."""
    with clickhouse(tmp_path) as front:
        store = open_server("127.0.0.1", port=front.port, retention_days=0, readers=1)
        store.migrate()
        asyncio.run(store.letters.bury(letters("spans", "a", "b", "c")))
        store.close()
        yield {"CLICKHOUSE_HOST": "127.0.0.1", "CLICKHOUSE_PORT": str(front.port)}


@pytest.mark.parametrize("kind", ["kafka", "embedded", "clickhouse"])
def test_letters_are_listed_shown_and_sent_again(kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "clickhouse":
        look_through(runner_here(request.getfixturevalue("server")), "spans")
        return
    if kind == "embedded":
        data = request.getfixturevalue("data")
        look_through(runner({"PRELA_DATA_DIR": str(data)}), "spans")
        return
    with _topics(request.getfixturevalue("kafka")) as (held, loop, environment):
        for one in letters(held.topic, "a", "b", "c"):
            loop.run(bury(held, [one]))
        look_through(runner_here(environment), held.topic)
        sent = loop.run(held.read(held.topic))
        assert ["a", "b", "c"] == [decode(each).spans[0].span_id for each in sent]


def look_through(dlq: Dlq, topic: str) -> None:
    listed = answer(dlq, "list")
    assert 3 == len(listed)
    first = listed[0]
    assert ("shop", 1, 0, False, False) == tuple(
        first[name] for name in ("project_id", "spans", "traces", "replayed", "cut")
    )
    assert "InvalidError: the store can't hold it" == first["reason"]
    assert f"{NOW:%Y-%m-%dT%H:%M:%S.%f}Z" == first["at"]
    assert first["from"] in {f"{topic}/3/0", None}  # which the store has no need to keep

    table = dlq("list", "--limit", "2")
    assert 0 == table.returncode
    assert 3 == len(table.stdout.splitlines())
    assert first["place"] in table.stdout
    assert "There are more than 2" in table.stderr

    shown = answer(dlq, "show", first["place"])
    assert [{"trace_id": "t", "span_id": "a", "name": "[bold]chat"}] == shown["held"]
    record = Record(topic, None, base64.b64decode(shown["value_base64"]), ())
    assert record.value
    assert "[bold]chat" in dlq("show", first["place"]).stdout

    assert {"replayed": 1, "not_replayed": []} == answer(dlq, "replay", "--limit", "1")
    assert 2 == len(answer(dlq, "list"))
    assert [True, False, False] == [each["replayed"] for each in answer(dlq, "list", "--all")]
    assert "2 letters sent again\n" == dlq("replay").stdout
    assert [] == answer(dlq, "list")
    nothing = dlq("list")
    assert (0, "", "No dead letters.\n") == (nothing.returncode, nothing.stdout, nothing.stderr)


@pytest.mark.slow
def test_a_replay_that_is_killed_again_and_again_loses_nothing(kafka: str) -> None:
    wanted = {f"{at:04}" for at in range(3000)}
    with _topics(kafka) as (held, loop, environment):
        buried = letters(held.topic, *sorted(wanted))
        for at in range(0, len(buried), 200):  # each call has a deadline of its own
            loop.run(bury(held, buried[at : at + 200]))
        words, env = command(environment, "replay")
        before = 0
        for _ in range(3):
            with subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL) as replaying:
                until = time.monotonic() + 30
                while replaying.poll() is None and time.monotonic() < until:
                    sent = len(loop.run(held.read(held.topic)))
                    if sent > before:
                        break
                replaying.kill()
            before = sent
        assert "sent again" in runner(environment)("replay").stdout
        sent_ids = [decode(each).spans[0].span_id for each in loop.run(held.read(held.topic))]
        assert wanted == set(sent_ids)
        assert len(sent_ids) <= 3000 + 3 * 64
        assert [] == answer(runner(environment), "list")


def test_what_can_not_be_decoded_is_shown_as_bytes(kafka: str) -> None:
    with _topics(kafka) as (held, loop, environment):
        junk = DeadLetter(Record(held.topic, b"k", b"\xc1\x00", ()), "RecordError: junk", AT, 0, 7)
        loop.run(bury(held, [junk]))
        dlq = runner(environment)
        [listed] = answer(dlq, "list")
        assert (None, None, 2) == (listed["spans"], listed["project_id"], listed["bytes"])
        assert "2 bytes that can't be decoded" in dlq("show", listed["place"]).stdout


def test_what_is_not_there_is_said_with_its_code(tmp_path: Path, data: Path) -> None:
    missing = runner({"PRELA_DATA_DIR": str(tmp_path / "none")})("list")
    assert 2 == missing.returncode
    assert "does not exist" in missing.stderr
    unknown = runner({"PRELA_DATA_DIR": str(data)})("show", "nowhere")
    assert (3, "prela: there is no dead letter at nowhere\n") == (
        unknown.returncode,
        unknown.stderr,
    )


def test_a_broker_that_is_away_is_a_fault_and_says_so() -> None:
    away = runner({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})("list")
    assert 1 == away.returncode
    assert 1 == len(away.stderr.splitlines())
    assert "Kafka" in away.stderr


@pytest.mark.parametrize("words", [[], ["list"], ["show"], ["replay"]])
def test_each_has_help_with_an_example(words: list[str]) -> None:
    text = runner({})(*words, "--help").stdout
    assert "Example:" in text
    assert "prela dlq" in text
