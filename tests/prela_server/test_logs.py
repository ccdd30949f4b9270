from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from prela_server.logs import configure_logs, writes_json
from prela_server.settings import Environment, LogLevel, Settings

JSON = Settings(environment=Environment.PRODUCTION)
READABLE = Settings()


@pytest.fixture(autouse=True)
def _afterwards_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level
    for name in ("uvicorn.error", "prela_core"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def lines(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_each_line_is_one_object_in_production(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(JSON, colours=True)

    with structlog.contextvars.bound_contextvars(request_id="r", trace_id="t"):
        structlog.get_logger().warning("store unavailable", spans=3, reason='a "quoted"\nline')
        logging.getLogger("aiokafka").warning("broker %s is away", "a:1")

    ours, theirs = lines(capsys)
    assert {"timestamp", "level", "event", "spans", "reason", "request_id", "trace_id"} == set(ours)
    assert ("warning", "store unavailable", "r", "t") == (
        ours["level"],
        ours["event"],
        ours["request_id"],
        ours["trace_id"],
    )
    assert ours["timestamp"].endswith("Z")
    assert ("warning", "broker a:1 is away", "aiokafka", "r") == (
        theirs["level"],
        theirs["event"],
        theirs["logger"],
        theirs["request_id"],
    )


def test_an_exception_is_part_of_its_line_without_what_variables_held(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(JSON, colours=False)

    def fail(held: str) -> None:
        raise ValueError(f"why, {len(held)}")

    try:
        fail("canary")
    except ValueError as error:
        structlog.get_logger().error("unforeseen", exc_info=error)
        logging.getLogger("library").exception("theirs")

    for line in lines(capsys):
        assert line["exception"].endswith("ValueError: why, 6")
        assert "held=" not in line["exception"]


def test_lines_are_for_people_in_development(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(READABLE, colours=False)

    structlog.get_logger().info("ready", url="http://x")
    logging.getLogger("library").warning("theirs")

    first, second = capsys.readouterr().err.splitlines()
    assert "[info     ] ready" in first
    assert "url=http://x" in first
    assert "theirs" in second


@pytest.mark.parametrize(
    ("level", "seen"),
    [
        (LogLevel.DEBUG, ["debug", "info", "warning", "error"]),
        (LogLevel.INFO, ["info", "warning", "error"]),
        (LogLevel.WARNING, ["warning", "error"]),
        (LogLevel.ERROR, ["error"]),
        (LogLevel.CRITICAL, []),
    ],
)
def test_the_level_is_a_setting(
    level: LogLevel, seen: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(Settings(environment=Environment.STAGING, log_level=level), colours=False)

    for name in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger(), name)("said")
        getattr(logging.getLogger("library"), name)("theirs")

    said = lines(capsys)
    assert seen == [line["level"] for line in said if line["event"] == "said"]
    # Below a warning, libraries write what they carry.
    assert [name for name in seen if name not in {"debug", "info"}] == [
        line["level"] for line in said if line["event"] == "theirs"
    ]


@pytest.mark.parametrize("environment", Environment)
def test_json_is_for_what_is_deployed(environment: Environment) -> None:
    deployed = {Environment.STAGING, Environment.PRODUCTION}
    assert (environment in deployed) is writes_json(Settings(environment=environment))


def test_the_library_of_ours_speaks_from_the_same_level_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(JSON, colours=False)

    logging.getLogger("prela_core.io.kafka_link").info("connected")
    logging.getLogger("prela_core.io.kafka_link").debug("more")

    assert ["connected"] == [line["event"] for line in lines(capsys)]


def test_logs_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(JSON, colours=False)
    structlog.get_logger().info("said")

    assert "" == capsys.readouterr().out
