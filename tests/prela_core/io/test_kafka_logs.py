from __future__ import annotations

import logging

import pytest

from prela_core.io import kafka_logs
from prela_core.io.kafka_logs import quieten


@pytest.fixture(autouse=True)
def seen_from_the_start(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(kafka_logs._seldom, "_last", {})


@pytest.mark.parametrize("name", ["aiokafka.conn", "aiokafka.producer.producer"])
def test_contents_are_not_logged(name: str, caplog: pytest.LogCaptureFixture) -> None:
    quieten()
    logging.getLogger(name).debug("Request to %s: %s", "host", "secret")
    logging.getLogger(name).info("Authenticated")
    assert ["Authenticated"] == caplog.messages


def test_the_same_words_come_once_in_a_while_and_others_at_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    quieten()
    quieten()
    now = 1000.0
    monkeypatch.setattr(kafka_logs.time, "monotonic", lambda: now)
    log = logging.getLogger("aiokafka")
    for node in (1, 1, 2, 1):
        log.error("Unable connect to node %s", node)
    now += 11
    log.error("Unable connect to node %s", 1)
    log.info("all well")
    log.info("all well")
    ones = "Unable connect to node 1"
    assert [ones, "Unable connect to node 2", ones, "all well", "all well"] == caplog.messages


def test_what_it_remembers_is_bounded() -> None:
    quieten()
    for number in range(1000):
        logging.getLogger("aiokafka").error("one of many: %s", number)
    assert len(kafka_logs._seldom._last) <= 100
