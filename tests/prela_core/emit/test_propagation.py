from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.prela_core.emit.conftest import Kept, a_tracer

from prela_core.emit import Tracer, context, current_span, extract, inject
from prela_core.emit.baggage_header import MAX_BYTES, MAX_MEMBERS, read_baggage, write_baggage
from prela_core.emit.place import SAID_HERE, Said
from prela_core.emit.samplers import always
from prela_core.emit.trace_headers import read_traceparent, read_tracestate, write_traceparent
from prela_core.emit.unrecorded import NO_SPAN

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN_ID = "00f067aa0ba902b7"
PARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"

hex_digits = st.sampled_from("0123456789abcdef")
trace_ids = st.text(hex_digits, min_size=32, max_size=32).filter(lambda each: each.strip("0"))
span_ids = st.text(hex_digits, min_size=16, max_size=16).filter(lambda each: each.strip("0"))


@given(trace_ids, span_ids, st.booleans())
def test_what_is_written_is_read(trace_id: str, span_id: str, sampled: bool) -> None:  # noqa: FBT001
    header = write_traceparent(trace_id, span_id, sampled=sampled)

    assert header is not None
    assert (trace_id, span_id, sampled) == read_traceparent(header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        f"ff-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID.upper()}-{SPAN_ID}-01",
        f"00-{TRACE_ID[1:]}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-1",
        f"00-{TRACE_ID}-{SPAN_ID}-01-more",
        f"00-{TRACE_ID}-{SPAN_ID}-01-",
        f"01-{TRACE_ID}-{SPAN_ID}-01more",
        f"0-{TRACE_ID}-{SPAN_ID}-01",
        f"00_{TRACE_ID}-{SPAN_ID}-01",
        f"{PARENT}\n",
        f"{PARENT},{PARENT}",
        "\u0660\u0660" + PARENT[2:],
    ],
)
def test_a_bad_traceparent_says_nothing(header: str) -> None:
    assert read_traceparent(header) is None
    with extract({"traceparent": header}) as caller:
        assert (None, None, None) == (caller.trace_id, caller.span_id, caller.sampled)


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (PARENT, True),
        (f"00-{TRACE_ID}-{SPAN_ID}-00", False),
        (f"00-{TRACE_ID}-{SPAN_ID}-02", False),
        (f"00-{TRACE_ID}-{SPAN_ID}-ff", True),
        (f"cc-{TRACE_ID}-{SPAN_ID}-01", True),
        (f"cc-{TRACE_ID}-{SPAN_ID}-00-what the future holds", False),
        (f" {PARENT}\t", True),
    ],
)
def test_a_good_traceparent(header: str, sampled: bool) -> None:  # noqa: FBT001
    assert (TRACE_ID, SPAN_ID, sampled) == read_traceparent(header)


@given(st.text(st.characters(codec="latin-1"), max_size=80))
def test_no_header_at_all_raises(text: str) -> None:
    headers = {"traceparent": text, "tracestate": text, "baggage": text}
    with extract(headers):
        inject()
    for cut in range(0, len(PARENT), 7):
        with extract({**headers, "traceparent": PARENT[:cut] + text + PARENT[cut:]}):
            inject()


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        ("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        ("a=1 , ,\tb=2", "a=1,b=2"),
        ("fw529a3039@dt=FfAMCA", "fw529a3039@dt=FfAMCA"),
        ("a=1,a=2", ""),
        ("A=1", ""),
        ("a", ""),
        ("a=", ""),
        ("a=x=y", ""),
        ("a=1,b", ""),
        (",".join(f"k{n}=v" for n in range(33)), ""),
        ("a=" + "v" * 257, ""),
    ],
)
def test_tracestate_goes_on_whole_or_not_at_all(header: str, kept: str) -> None:
    assert kept == read_tracestate(header)


def test_a_trace_goes_through_a_program(tracer: Tracer, kept: Kept) -> None:
    with extract({"Traceparent": PARENT, "TraceState": "a=1"}):
        assert current_span() is NO_SPAN
        with tracer.span("server"):
            onward = inject()
    with tracer.span("alone"):
        pass

    server = kept.one("server")
    assert (TRACE_ID, SPAN_ID) == (server.trace_id, server.parent_span_id)
    assert {"traceparent": f"00-{TRACE_ID}-{server.span_id}-01", "tracestate": "a=1"} == onward
    assert kept.one("alone").trace_id != TRACE_ID


def test_what_the_caller_did_not_sample_is_not_recorded(tracer: Tracer, kept: Kept) -> None:
    with extract({"traceparent": PARENT[:-1] + "0"}), tracer.span("server"):
        with tracer.span("child"):
            assert inject()["traceparent"].startswith(f"00-{TRACE_ID}-")
            assert inject()["traceparent"].endswith("-00")
        assert inject()["traceparent"].endswith("-00")

    assert [] == kept.spans


def test_a_sampler_may_overrule_the_caller(kept: Kept) -> None:
    with extract({"traceparent": PARENT[:-1] + "0"}), a_tracer(kept, always).span("server"):
        assert inject()["traceparent"].endswith("-01")

    assert SPAN_ID == kept.one("server").parent_span_id


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": PARENT},
        {b"traceparent": PARENT.encode()},
        [(b"host", b"x"), (b"traceparent", PARENT.encode())],
        [("TRACEPARENT", PARENT)],
        {"traceparent": [PARENT]},
    ],
)
def test_headers_of_any_framework(headers: Any) -> None:
    assert TRACE_ID == extract(headers).trace_id


def test_a_message_without_headers_says_nothing() -> None:
    assert None is extract(None).trace_id


def test_of_two_parents_none_is_believed_and_pieces_of_the_others_are_joined() -> None:
    twice = [("traceparent", PARENT), ("traceparent", PARENT)]
    assert extract(twice).trace_id is None

    pieces = [("traceparent", PARENT), ("tracestate", "a=1"), ("tracestate", "b=2")]
    with extract([*pieces, ("baggage", "user.id=u"), ("baggage", "other=x")]):
        assert {
            "traceparent": PARENT,
            "tracestate": "a=1,b=2",
            "baggage": "user.id=u,other=x",
        } == inject()


def test_inject_replaces_what_is_there_in_any_letter_case(tracer: Tracer) -> None:
    headers = {"Traceparent": "old", "TRACESTATE": "old=1", "Accept": "*/*"}
    with tracer.span("x") as span:
        assert inject(headers) is headers

    assert {"Accept": "*/*", "traceparent": f"00-{span.trace_id}-{span.span_id}-01"} == headers


def test_outside_of_all_there_is_nothing_to_say() -> None:
    assert {} == inject()


def test_ids_that_the_header_cannot_hold_are_not_written(kept: Kept) -> None:
    tracer = Tracer("s", kept, now_ns=int, monotonic_ns=int, trace_id=lambda: "my-trace")
    with tracer.span("x"):
        assert {} == inject()


# Baggage.

texts = st.text(max_size=30)
keys = st.text(min_size=1, max_size=20).filter(
    lambda key: key not in {"session", "user", "tags", "environment", "prela.tags"}
)


@given(
    session=texts,
    user=texts,
    environment=texts,
    tags=st.lists(texts, min_size=1, max_size=5),
    more=st.dictionaries(keys, texts, max_size=5),
)
def test_what_a_block_says_arrives(
    session: str, user: str, environment: str, tags: list[str], more: dict[str, str]
) -> None:
    with context(session=session, user=user, environment=environment, tags=tags, **more):
        said = SAID_HERE.get()
        headers = inject()
    assert said is not None
    assert headers["baggage"].isascii()
    assert headers["baggage"].isprintable()

    with extract(headers):
        arrived = SAID_HERE.get()
    assert arrived is not None
    assert said.attributes == arrived.attributes
    assert () == arrived.foreign


def test_what_is_no_text_arrives_as_its_json() -> None:
    with extract({"baggage": write_baggage(Said({"n": 3, "list": [1, "a"], "none": None}))}):
        arrived = SAID_HERE.get()
    assert arrived is not None
    assert {"n": "3", "list": '[1,"a"]'} == arrived.attributes


@pytest.mark.parametrize(
    ("header", "attributes", "foreign"),
    [
        ("session.id=s", {"session.id": "s"}, ()),
        (" session.id = s ;p=1; q , user.id=u", {"session.id": "s", "user.id": "u"}, ()),
        ("session.id=%C3%A9%20", {"session.id": "é "}, ()),
        ("session.id=%FF", {"session.id": "\ufffd"}, ()),
        ("prela.tags=%5B1%5D,user.id=u", {"user.id": "u"}, ()),
        ("prela.tenant=acme", {"tenant": "acme"}, ()),
        ("theirs=1;secret;ttl=5,user.id=u", {"user.id": "u"}, ("theirs=1;secret;ttl=5",)),
        ("no value,user.id=u", {"user.id": "u"}, ()),
        ('user.id="u"', None, ()),
        ("user.id=a b", None, ()),
        ("user id=u", None, ()),
        ("=u", None, ()),
        ("", None, ()),
    ],
)
def test_baggage_of_others(
    header: str, attributes: dict[str, Any] | None, foreign: tuple[str, ...]
) -> None:
    said = read_baggage(header)
    assert attributes == (said.attributes if said is not None else None)
    if said is not None:
        assert foreign == said.foreign


@given(st.lists(st.text(string.ascii_letters, max_size=400), max_size=100))
def test_limits_hold_both_ways(values: list[str]) -> None:
    header = ",".join(f"k{n}={value}" for n, value in enumerate(values))
    said = read_baggage(header)
    foreign = said.foreign if said is not None else ()
    assert len(foreign) <= MAX_MEMBERS
    assert len(",".join(foreign)) <= MAX_BYTES
    if len(values) <= MAX_MEMBERS and len(header) <= MAX_BYTES:
        assert len(values) == len(foreign)

    written = write_baggage(Said({f"k{n}": value for n, value in enumerate(values)}, foreign))
    assert len(written) <= MAX_BYTES
    assert written.count(",") < MAX_MEMBERS


def test_baggage_becomes_attributes_and_goes_on_with_what_is_added(
    tracer: Tracer, kept: Kept
) -> None:
    headers = {"traceparent": PARENT, "baggage": "session.id=s,theirs=1"}
    with extract(headers), context(user="u"), tracer.span("server"):
        onward = inject()

    assert {"session.id": "s", "user.id": "u"} == kept.one("server").attributes
    assert "session.id=s,user.id=u,theirs=1" == onward["baggage"]
    assert {} == inject()
