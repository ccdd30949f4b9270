"""A ledger of what was promised, the clients that keep it, and the check that holds it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import httpx
from tests.conftest import Api, span, trace
from tests.local_http import local_client

from prela_core.model import new_span_id

Ids = set[tuple[str, str]]


@attrs.define
class Ledger:
    """Which spans were sent, and for which an accepted answer was received."""

    sent: Ids = attrs.field(factory=set)
    accepted: Ids = attrs.field(factory=set)
    answers: dict[int, int] = attrs.field(factory=dict)
    unanswered: int = 0
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    def send(self, post: Callable[[str, Any], httpx.Response], request: Request) -> bool:
        """Send a request and note what became of it; False when the server is gone."""
        with self.lock:
            self.sent |= request.ids
        try:
            response = post(request.path, request.body)
        except httpx.TransportError:
            with self.lock:
                self.unanswered += 1
            return False
        self.note(request, response.status_code)
        return True

    def note(self, request: Request, status: int) -> None:
        """Note how a request was answered."""
        with self.lock:
            self.answers[status] = self.answers.get(status, 0) + 1
            if status == 200:
                self.accepted |= request.ids

    def assert_kept(self, api: Api, trace_ids: set[str] | None = None) -> Ids:
        """Read the given traces, or all, and hold that nothing is lost and nothing seen twice.

        Gives what was seen.
        """
        found: Ids = set()
        wanted = {trace_id for trace_id, _ in self.sent} if trace_ids is None else trace_ids
        for trace_id in sorted(wanted):
            path = f"/api/v1/traces/{trace_id}"
            accepted = {one for one in self.accepted if one[0] == trace_id}
            if not accepted and api.get(path).status_code == 404:
                continue
            spans = api.walk(f"{path}/spans", limit=1000)
            seen = [(one["trace_id"], one["span_id"]) for one in spans]
            assert accepted - set(seen) == set(), "accepted and lost"
            assert len(set(seen)) == len(seen), "visible twice"
            assert set(seen) <= self.sent
            assert len(seen) == api.read(path)["span_count"]
            found |= set(seen)
        return found

    def assert_listed(self, api: Api) -> None:
        """Hold that the list has each trace exactly once."""
        listed = [row["trace_id"] for row in api.walk("/api/v1/traces", limit=100)]
        assert len(set(listed)) == len(listed)
        assert {trace_id for trace_id, _ in self.accepted} <= set(listed)
        assert set(listed) <= {trace_id for trace_id, _ in self.sent}


@attrs.frozen
class Request:
    """One request of some spans to one of the three endpoints."""

    path: str
    body: Any
    ids: Ids


def make_request(chance: random.Random, trace_id: str, most: int = 20) -> Request:
    spans = [span(trace_id, span_id=new_span_id()) for _ in range(chance.randint(1, most))]
    path = chance.choice(["/v1/spans", "/v1/batch", "/v1/traces"])
    if path == "/v1/spans":
        del spans[1:]
    bodies = {"/v1/spans": spans[0], "/v1/batch": spans, "/v1/traces": trace(*spans)}
    return Request(path, bodies[path], {(trace_id, one["span_id"]) for one in spans})


class Clients:
    """Threads that send without a pause until the server is gone or they are told to stop.

    Each sends to one trace of its own. One request in five is a retry of the one before,
    whatever became of it. What was not answered is kept in `open` for a later retry.
    """

    def __init__(self, url: str, ledger: Ledger, seeds: list[str]) -> None:
        self.open: list[Request] = []
        self._url = url
        self._ledger = ledger
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(seed,)) for seed in seeds]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each finish its request."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _run(self, seed: str) -> None:
        chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        with local_client(timeout=30) as client:

            def post(path: str, body: Any) -> httpx.Response:
                return client.post(self._url + path, json=body)

            request = make_request(chance, f"trace-{seed}")
            while not self._ended.is_set():
                if not self._ledger.send(post, request):
                    self.open.append(request)
                    return
                if chance.random() > 0.2:
                    request = make_request(chance, f"trace-{seed}")


def waited_for_a_core(pid: int) -> float:
    """Say how many seconds a process waited because others ran, where the system tells."""
    told = Path(f"/proc/{pid}/schedstat")
    return int(told.read_text().split()[1]) / 1e9 if told.exists() else 0.0
