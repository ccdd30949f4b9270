"""The server is killed at random moments under load, again and again."""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

import pytest
from tests.conftest import Server
from tests.faults.conftest import Clients, Ledger, waited_for_a_core

pytestmark = pytest.mark.slow

ROUNDS = 50 if os.environ.get("PRELA_TESTS") == "thorough" else 10
SEED = 20260115
CLIENTS = 4
READY_SECONDS = 5.0


def test_nothing_accepted_is_lost_and_nothing_seen_twice_over_many_kills(
    tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - repeatable on purpose
    server = Server(tmp_path / "data")
    ledger = Ledger()
    slowest = slowest_alone = 0.0
    kept_open = []
    last: set[str] = set()
    try:
        for number in range(ROUNDS + 1):
            begun = time.monotonic()
            server.start()
            assert server.api.read("/ready")["status"] == "ready"
            took = time.monotonic() - begun
            slowest = max(slowest, took)
            slowest_alone = max(slowest_alone, took - waited_for_a_core(server.running.pid))
            ledger.assert_kept(server.api, last)
            for request in kept_open:  # as every client does that had no answer
                ledger.send(server.api.post, request)
            if number == ROUNDS:
                break
            seeds = [f"{SEED}-{number}-{each}" for each in range(CLIENTS)]
            clients = Clients(server.url, ledger, seeds)
            threading.Event().wait(chance.uniform(0.05, 0.9))
            server.kill()
            clients.stop()
            kept_open = clients.open
            last = {f"trace-{seed}" for seed in seeds}
        ledger.assert_kept(server.api)
        ledger.assert_listed(server.api)
    finally:
        server.end()

    figures = {
        "accepted spans": len(ledger.accepted),
        "answers": ledger.answers,
        "unanswered requests": ledger.unanswered,
        "slowest start, seconds": round(slowest, 2),
        "less what it waited for a core": round(slowest_alone, 2),
    }
    for name, value in figures.items():
        record_property(name, value)
    print(figures)  # noqa: T201 - shown by pytest -s, and when the test fails
    assert set(ledger.answers) == {200}
    assert ledger.unanswered > 0
    assert slowest_alone <= READY_SECONDS
