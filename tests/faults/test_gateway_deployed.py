"""The ingest gateway as deployed: its broker goes away under load, and it is killed itself."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import attrs
import pytest
from anyio.from_thread import start_blocking_portal
from tests.conftest import await_that
from tests.deployed import Deployment, Services
from tests.deployed import Watch as GroupWatch
from tests.faults.conftest import Clients, Ledger, waited_for_a_core
from tests.faults.lossy_network import lossy_network
from tests.faults.steady_load import SteadyLoad, Watch
from tests.kafka_broker import Broker, running
from tests.local_http import local_client

pytestmark = pytest.mark.slow

THOROUGH = os.environ.get("PRELA_TESTS") == "thorough"
AWAY_SECONDS = 60.0 if THOROUGH else 12.0
WAYS = ["stopped", *(["killed", "frozen", "out of reach"] if THOROUGH else [])]
ANSWER_SECONDS = 8.0
RECOVERY_SECONDS = 10.0
STALL_SECONDS = 1.0
READY_SECONDS = 5.0
RATE = 100
ROUNDS = 40 if THOROUGH else 6
SEED = 20261125
CLIENTS = 4


@attrs.frozen
class Fault:
    """A deployment whose broker can go away and come back."""

    deployment: Deployment
    away: Callable[[], None]
    back: Callable[[], None]


@contextmanager
def deployed_on(services: Services, kafka: str, place: Path) -> Iterator[Deployment]:
    """Run a deployment on a broker of its own, which nobody asks anything until it is settled."""
    with start_blocking_portal() as portal:
        watch = GroupWatch(portal, kafka)
        one = Deployment(attrs.evolve(services, kafka=kafka, watch=watch), place)
        try:
            yield one.start()
        finally:
            one.end()


@pytest.fixture
def fault(request: pytest.FixtureRequest, services: Services, tmp_path: Path) -> Iterator[Fault]:
    with ExitStack() as stack:
        network = stack.enter_context(lossy_network()) if request.param == "out of reach" else None
        at = {} if network is None else {"host": network.host, "prefix": network.prefix}
        broker: Broker = stack.enter_context(running(tmp_path / "kafka", **at))
        ways = {
            "stopped": (broker.stop, broker.start),
            "killed": (broker.kill, broker.start),
            "frozen": (broker.freeze, broker.thaw),
        }
        if network is not None:
            ways["out of reach"] = (network.lose, network.heal)
        one = stack.enter_context(deployed_on(services, broker.bootstrap, tmp_path / "data"))
        yield Fault(one, *ways[request.param])


@pytest.mark.parametrize("fault", WAYS, indirect=True)
def test_without_its_broker_a_gateway_answers_in_time_and_loses_nothing(
    fault: Fault, record_property: pytest.RecordProperty
) -> None:
    one, ledger = fault.deployment, Ledger()

    def answers(path: str) -> int:
        return client.get(f"{one.url}{path}").status_code

    with (
        local_client(timeout=30) as client,
        SteadyLoad(one.url, ledger, RATE) as load,
        Watch(lambda: answers("/health")) as health,
    ):
        await_that(lambda: len(ledger.accepted) > 500, "a load", seconds=30)
        gone = time.monotonic()
        fault.away()
        await_that(lambda: answers("/ready") == 503, "to be not ready", seconds=30)
        await_that(lambda: load.answers_since(gone, 503) > RATE, "refusals", seconds=30)
        threading.Event().wait(max(0.0, gone + AWAY_SECONDS - time.monotonic()))
        assert 503 == answers("/ready")
        fault.back()
        back = time.monotonic()
        await_that(lambda: load.first_since(back, 200), "to take spans again", seconds=60)
        await_that(lambda: answers("/ready") == 200, "to be ready again", seconds=30)
        await_that(lambda: load.answers_since(back, 200) > 5 * RATE, "the load", seconds=60)
    recovery = load.first_since(back, 200)
    assert recovery is not None
    figures = {
        "accepted spans": len(ledger.accepted),
        "answers": ledger.answers,
        "slowest answer, seconds": round(max(load.slowest.values()), 2),
        "recovery, seconds": round(recovery, 2),
        "p99 and slowest of /health, seconds": (
            round(health.quantile(0.99), 3),
            round(max(health.took), 2),
        ),
    }
    for figure in figures.items():
        record_property(*figure)
    print(figures)  # noqa: T201 - shown by pytest -s, and when the test fails
    assert {200, 503} == set(ledger.answers)
    assert [] == load.unexplained
    assert (0, 0, 0) == (load.hanging, load.refused, len(load.dropped))
    assert max(load.slowest.values()) <= ANSWER_SECONDS
    assert recovery <= RECOVERY_SECONDS
    assert {200} == set(health.said)
    # What the machine's other work adds now and then is no stall; the bus has a test of its own.
    assert health.quantile(0.99) <= STALL_SECONDS
    assert [None] * 4 == [each.running.poll() for each in one.processes]
    one.services.watch.open()
    try:
        ledger.assert_kept(one.api)
        ledger.assert_listed(one.api)
    finally:
        one.services.watch.close()
    assert "Traceback" not in one.log


def test_a_gateway_that_is_killed_again_and_again_loses_nothing_accepted(
    services: Services, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - repeatable on purpose
    one = Deployment(services, tmp_path / "data")
    ledger = Ledger()
    slowest = slowest_alone = 0.0
    try:
        one.start()
        for number in range(ROUNDS):
            seeds = [f"{SEED}-{number}-{each}" for each in range(CLIENTS)]
            clients = Clients(one.url, ledger, seeds)
            threading.Event().wait(chance.uniform(0.05, 0.9))
            one.ingest.kill()
            clients.stop()
            begun = time.monotonic()
            one.ingest.start()
            await_that(lambda: one.api.get("/ready").status_code == 200, "a gateway", seconds=30)
            took = time.monotonic() - begun
            slowest = max(slowest, took)
            slowest_alone = max(slowest_alone, took - waited_for_a_core(one.running.pid))
            for request in clients.open:  # as every client does that had no answer
                ledger.send(one.api.post, request)
        ledger.assert_kept(one.api)
        ledger.assert_listed(one.api)
    finally:
        one.end()

    figures = {
        "kills": ROUNDS,
        "accepted spans": len(ledger.accepted),
        "answers": ledger.answers,
        "unanswered requests": ledger.unanswered,
        "slowest start, seconds": round(slowest, 2),
        "less what it waited for a core": round(slowest_alone, 2),
    }
    for figure in figures.items():
        record_property(*figure)
    print(figures)  # noqa: T201 - shown by pytest -s, and when the test fails
    assert {200} == set(ledger.answers)
    assert ledger.unanswered > 0
    assert slowest_alone <= READY_SECONDS
