from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import msgspec
import pytest
from tests.conftest import span
from tests.programs import Server

from prela_core.errors import StoreUnavailableError, UnavailableError
from prela_core.store import Arrivals, ArrivalsRequest
from prela_core.testing import stored_span
from prela_server.query.live_stream import LiveStreams

WANTED = ArrivalsRequest(limit=2)


def arrivals(cursor: str, *ids: str) -> Arrivals:
    return Arrivals(items=[stored_span(span_id=each) for each in ids], next_cursor=cursor)


def stream(*answers: Arrivals | Exception, streams: LiveStreams | None = None) -> tuple[bytes, Any]:
    """Give what is sent until the answers are used up, and what was asked."""
    asked: list[ArrivalsRequest] = []
    left = iter(answers)
    stopping = asyncio.Event()

    async def ask(wanted: ArrivalsRequest) -> Arrivals:
        asked.append(wanted)
        answer = next(left, None)
        if answer is None:
            stopping.set()
            return arrivals("end")
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def collect() -> bytes:
        events = (streams or LiveStreams(pause=0.001)).events(
            ask, arrivals("0", "first"), WANTED, stopping
        )
        return b"".join([piece async for piece in events])

    return asyncio.run(collect()), asked


def test_each_answer_is_one_event_with_its_place() -> None:
    sent, asked = stream(arrivals("1", "a", "b"), arrivals("2"), arrivals("3", "c"))

    events = [event for event in sent.decode().split("\n\n") if event]
    assert "retry: 1000" == events[0]
    assert ["id: 0", "id: 1", "id: 3"] == [event.split("\n")[0] for event in events[1:]]
    bodies = [json.loads(event.partition("data: ")[2]) for event in events[1:]]
    assert [["first"], ["a", "b"], ["c"]] == [
        [each["span_id"] for each in body["items"]] for body in bodies
    ]
    assert ["0", "1", "2", "3"] == [each.cursor for each in asked]


def test_line_ends_of_senders_do_not_end_an_event() -> None:
    odd = attrs.evolve(stored_span(), attributes=msgspec.Raw(b'{"a":\r\n\n"b\\n"}'))
    sent, _ = stream(Arrivals(items=[odd], next_cursor="1"))
    (event,) = [each for each in sent.split(b"\n\n") if b"id: 1" in each]

    assert {"a": "b\n"} == json.loads(event.partition(b"data: ")[2])["items"][0]["attributes"]


def test_signs_of_life_move_the_place_on() -> None:
    sent, _ = stream(*(arrivals(str(number)) for number in range(1, 31)))

    assert b"id: 15\n\nid: 30\n\n" == sent.partition(b"\n\n")[2].partition(b"\n\n")[2]


def test_it_ends_where_the_store_does_not_answer_and_leaves_room() -> None:
    streams = LiveStreams(most=1, pause=0.001)
    sent, _ = stream(StoreUnavailableError("away"), arrivals("2", "a"), streams=streams)

    assert b"id: 2" not in sent
    streams.require_room()
    with pytest.raises(UnavailableError):
        LiveStreams(most=0).require_room()


def _spans(lines: Iterator[str]) -> tuple[str, list[str]]:
    """Read on to the next event of spans; gives its id and their names."""
    place = ""
    for line in lines:
        if line.startswith("id: "):
            place = line[4:]
        if line.startswith("data: "):
            return place, [each["name"] for each in json.loads(line[6:])["items"]]
    raise AssertionError("the stream ended")


def test_a_server_streams_goes_on_by_id_and_stops_in_good_order(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        live = f"{server.url}/api/v1/live"
        client = httpx.Client(timeout=60)

        def send(name: str) -> None:
            body = {"spans": [span(name=name)]}
            client.post(f"{server.url}/v1/batch", json=body).raise_for_status()

        events = {"Accept": "text/event-stream"}
        with client.stream("GET", live, headers=events) as answer:
            assert "text/event-stream" in answer.headers["content-type"]
            lines = answer.iter_lines()
            assert next(line for line in lines if line.startswith("id: "))
            send("one")
            place, names = _spans(lines)
            assert ["one"] == names
        send("two")
        headers = events | {"Last-Event-ID": place}
        with client.stream("GET", live, headers=headers) as answer:
            lines = answer.iter_lines()
            assert ["two"] == _spans(lines)[1]
            server.process.terminate()
            assert not [line for line in lines if line.startswith("data: ")]
        assert 0 == server.process.wait(60)
        client.close()
