"""The store goes away under a steady load: gateways accept on, and workers make up for it."""

from __future__ import annotations

import itertools
import json
import os
import random
import threading
import time

import attrs
import httpx
import pytest
from tests.conftest import Api, NewServer, await_that, span, trace
from tests.deployed import Deployment, RoleProcess
from tests.local_http import local_client
from tests.worker_process import figure_of

from prela_core.model import new_span_id

pytestmark = pytest.mark.slow

MIB = 1 << 20
MOST_MEMORY = 512 * MIB
AWAY_SECONDS = 300.0 if os.environ.get("PRELA_TESTS") == "thorough" else 20.0
SPANS_A_SECOND = 2000
SPANS = 100  # in a request, all of one trace
REQUESTS_A_SECOND = SPANS_A_SECOND // SPANS
AT_ONCE = 16  # traces that are being written
REQUESTS_A_TRACE = 10
SENDERS = 8
STEADY = 3 * REQUESTS_A_SECOND
"""Records that may wait in ordinary times: one for each request of three seconds."""


class Load:
    """Sends spans of 1 KB at a steady rate, whatever becomes of them, and keeps the ledger.

    An answer's time counts from when its request was due, so that none that had to wait is
    taken for a fast one.
    """

    def __init__(self, url: str) -> None:
        self.accepted: dict[str, set[str]] = {}
        self.refused: list[str] = []
        self.worst = 0.0
        self._url = url
        self._numbers = itertools.count()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        chance = random.Random(4)  # noqa: S311 - repeatable on purpose
        self._texts = ["".join(chance.choices("abcdefghij ", k=650)) for _ in range(50)]
        self._began = time.monotonic()
        self._threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    @property
    def spans(self) -> int:
        """How many spans were accepted so far."""
        with self._lock:
            return sum(map(len, self.accepted.values()))

    def stop(self) -> None:
        """Let each sender finish its request."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        with local_client(timeout=30) as client:
            for number in self._numbers:
                due = self._began + number / REQUESTS_A_SECOND
                path, body, trace_id, ids = self._request(number)
                if self._ended.wait(max(0.0, due - time.monotonic())):
                    return
                try:
                    answer = client.post(self._url + path, content=body)
                    said = "" if answer.status_code == 200 else answer.text
                except httpx.TransportError as error:
                    said = repr(error)
                with self._lock:
                    self.worst = max(self.worst, time.monotonic() - due)
                    if said:
                        self.refused.append(said)
                    else:
                        self.accepted.setdefault(trace_id, set()).update(ids)

    def _request(self, number: int) -> tuple[str, bytes, str, set[str]]:
        turn, lane = divmod(number, AT_ONCE)
        trace_id = f"away-{turn // REQUESTS_A_TRACE}-{lane}"
        spans = [
            span(
                trace_id,
                span_id=new_span_id(),
                attributes={"input": self._texts[(number + each) % len(self._texts)]},
            )
            for each in range(SPANS)
        ]
        whole = number % 4 == 0  # so that both topics have their part
        path, body = ("/v1/traces", trace(*spans)) if whole else ("/v1/batch", spans)
        content = json.dumps(body).encode()
        assert 900 < len(content) / SPANS < 1100
        return path, content, trace_id, {one["span_id"] for one in spans}


@attrs.define
class Seen:
    """What the workers show of themselves."""

    workers: list[RoleProcess]
    most: float = 0.0

    def lag(self) -> float:
        """Records that wait, as the workers' metrics say."""
        lag = sum(figure_of(each, "lag_records") for each in self.workers)
        self.most = max(self.most, lag)
        return lag

    def stored(self) -> float:
        """Spans stored since their start."""
        return sum(figure_of(each, "spans_stored_total") for each in self.workers)


def test_gateways_accept_throughout_and_workers_catch_up_faster_than_they_fell_behind(
    new_deployment: NewServer,
    tmp_path_factory: pytest.TempPathFactory,
    record_property: pytest.RecordProperty,
) -> None:
    one: Deployment = new_deployment(tmp_path_factory.mktemp("away") / "data")
    front = one.services.clickhouse

    def waiting() -> int:
        return one.services.watch.waiting(one.groups)

    load = None
    try:
        one.start()
        seen = Seen(one.processes[1:3])
        load = Load(one.url)
        await_that(lambda: seen.stored() > SPANS_A_SECOND, "spans to arrive", seconds=60)
        await_that(lambda: 0 < waiting() <= STEADY, "a steady state", seconds=60)
        await_that(lambda: seen.lag() <= STEADY, "the metric to show it", seconds=60)
        before = seen.lag()

        front.tell("away")
        sent_before, stored_before = load.spans, seen.stored()
        over = time.monotonic() + AWAY_SECONDS
        while (left := over - time.monotonic()) > 0:  # that long it is away: there is no condition
            time.sleep(min(1.0, left))
            seen.lag()
        backlog, stored_away = waiting(), seen.stored() - stored_before
        sent_away = load.spans - sent_before

        front.tell("back")
        back, stored_back = time.monotonic(), seen.stored()
        await_that(lambda: waiting() <= STEADY, "the backlog to drain", seconds=2 * AWAY_SECONDS)
        drained_in = time.monotonic() - back
        rate = (seen.stored() - stored_back) / drained_in
        await_that(lambda: seen.lag() <= STEADY, "the metric to show it", seconds=30)
        load.stop()
        one.settle()
        await_that(lambda: not seen.lag(), "no lag in the metric", seconds=30)

        figures = {
            "seconds away": AWAY_SECONDS,
            "spans accepted in all": load.spans,
            "while the store was away": sent_away,
            "refused": len(load.refused),
            "worst answer, seconds": round(load.worst, 2),
            "records that waited": backlog,
            "records of lag in the metric: before, top, after": [before, seen.most, seen.lag()],
            "seconds to drain, under load": round(drained_in, 1),
            "spans stored a second meanwhile": round(rate),
            "peak memory of the gateway, MiB": one.ingest.memory() // MIB,
            "peak memory of each worker, MiB": [each.memory() // MIB for each in seen.workers],
        }
        record_property("figures", figures)
        print(figures)  # noqa: T201 - shown by pytest -s, and when the test fails

        assert [] == load.refused
        assert sent_away >= 0.9 * AWAY_SECONDS * SPANS_A_SECOND
        assert stored_away <= 0.1 * sent_away, "the store was not away"
        assert seen.most >= 0.5 * sent_away / SPANS
        assert drained_in < AWAY_SECONDS
        assert max(each.memory() for each in seen.workers) < MOST_MEMORY
        assert_kept(attrs.evolve(one.api, settle=lambda: None), load.accepted)
    finally:
        if load is not None:
            load.stop()
        front.heal()
        one.end()


def assert_kept(api: Api, accepted: dict[str, set[str]]) -> None:
    """Hold that every span that was accepted is seen, and once, in every count and one by one."""
    counts = {row["trace_id"]: row["span_count"] for row in api.walk("/api/v1/traces", limit=1000)}
    assert {trace_id: len(ids) for trace_id, ids in accepted.items()} == counts
    for trace_id, ids in accepted.items():
        spans = api.walk(f"/api/v1/traces/{trace_id}/spans", limit=1000)
        seen = [one["span_id"] for one in spans]
        assert set() == ids - set(seen), "accepted and lost"
        assert len(seen) == len(set(seen)), "visible twice"
        assert ids == set(seen)
