"""What holds of whoever is told to stop under a load of 500 requests a second."""

from __future__ import annotations

import time

import pytest
from tests.conftest import Server, await_that
from tests.deployed import Deployment
from tests.faults.conftest import Ledger
from tests.faults.steady_load import SteadyLoad

__all__ = ["STOP_SECONDS", "assert_stops_well"]

STOP_SECONDS = 25.0
RATE = 500

_WARM_SECONDS = 8.0


def assert_stops_well(one: Server | Deployment, record_property: pytest.RecordProperty) -> None:
    """Stop it, and start it again: it exits in time, and what it began got a true answer."""
    ledger = Ledger()
    with SteadyLoad(one.url, ledger, RATE) as load:
        await_that(lambda: len(load.answered) > RATE, "a load", seconds=60)
        warm = time.monotonic() + _WARM_SECONDS

        def steady() -> bool:
            return load.rate_before(time.monotonic()) >= 0.95 * RATE and load.open < 0.2 * RATE

        # Others may have the cores. Then it is stopped under what it can do, as the figures tell.
        await_that(lambda: steady() or time.monotonic() > warm, "the full load", seconds=60)
        told = time.monotonic()
        open_then = load.open
        code = one.stop(seconds=STOP_SECONDS)
        took = time.monotonic() - told
    figures = {
        "answers a second before": load.rate_before(told),
        "requests open when told": open_then,
        "answers after that": sum(at > told for at, _ in load.answered),
        "answers": ledger.answers,
        "not answered": len(load.dropped),
        "exit, seconds": round(took, 2),
    }
    for figure in figures.items():
        record_property(*figure)
    print(figures)  # noqa: T201 - shown by pytest -s, and when the test fails
    assert 0 == code
    assert took <= STOP_SECONDS
    assert set(ledger.answers) <= {200, 503}
    assert [] == load.unexplained
    assert 0 == load.hanging
    assert "Traceback" not in one.log
    one.start()
    seen = ledger.assert_kept(one.api)
    ledger.assert_listed(one.api)
    # A connection between two requests is closed, and what is sent on it just then is not read:
    # it had no answer because nobody began it.
    assert set() == load.dropped_ids & seen
