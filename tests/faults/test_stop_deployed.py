"""Every process of a deployment is told to stop while it is busy."""

from __future__ import annotations

import threading
import time

import pytest
from tests.conftest import NewServer
from tests.deployed import Deployment
from tests.faults.conftest import Clients, Ledger

pytestmark = pytest.mark.slow

STOP_SECONDS = 25.0


def test_a_deployment_stopped_under_load_answers_what_it_began_and_loses_nothing(
    new_deployment: NewServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    one: Deployment = new_deployment(tmp_path_factory.mktemp("stopped") / "data")
    ledger = Ledger()
    try:
        one.start()
        clients = Clients(one.url, ledger, [f"stop-{each}" for each in range(8)])
        threading.Event().wait(2)

        begun = time.monotonic()
        code = one.stop(seconds=STOP_SECONDS)
        took = time.monotonic() - begun
        clients.stop()

        assert 0 == code
        assert took <= STOP_SECONDS
        assert set(ledger.answers) <= {200, 503}
        assert "Traceback" not in one.log
        one.start()
        ledger.assert_kept(one.api)
        ledger.assert_listed(one.api)
        # A connection between two requests is closed; what is sent on it just then has no answer.
        assert ledger.unanswered <= 8
        print(ledger.answers, f"stopped in {took:.1f} s")  # noqa: T201 - shown by pytest -s
    finally:
        one.end()
