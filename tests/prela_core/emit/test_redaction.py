from __future__ import annotations

import json
import re
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.emitting import a_span

from prela_core.emit.processing import processed
from prela_core.emit.redaction import redact
from prela_core.emit.secret_texts import FINDERS
from prela_core.model import Span, SpanEvent, SpanLink
from prela_core.testing import NOON
from prela_core.wire.lines import span_to_line

SECRETS = {
    "OpenAI": "sk-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL",
    "OpenAI, of a project": "sk-proj-Ab_1-2345678901234567890",
    "Anthropic": "sk-ant-api03-Ab_1-2345678901234567890",
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "AWS, for a while": "ASIAIOSFODNN7EXAMPLE",
    "GitHub": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "GitHub, fine-grained": "github_pat_11ABCDEFG0123456789_abcdefghijklmnop",
    "Google": "AIzaSyA-0123456789abcdefghijklmnopqrstu",
    "Google, OAuth": "ya29.a0AfH6SMBx0123456789abcdef",
    "Slack": "xoxb-123456789012-abcdefABCDEF",
    "Slack, app": "xapp-1-A0123-4567-abcdef",
    "Prela": "prela_sk_0123456789abcdefghijklmnopqrstuvwxyz",
    "Prela, old": "sk_0123456789abcdef",
    "bearer": "Bearer abc.DEF-123_456~789",
    "bearer, small": "bearer 0123456789abcdef",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
    "PEM": "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
}
EMAILS = ["ada@example.org", "first.last+tag@mail.example.co.uk", "o_o@x-y.io", "jörg@müller.de"]
CARDS = ["4111111111111111", "5500 0000 0000 0004", "3782-822463-10005", "6011111111111117"]
CANARIES = [*SECRETS.values(), *EMAILS, *CARDS]

HIDE = redact()


def text_after(text: str, **options: Any) -> str:
    return redact(**options)(a_span(name=text)).name


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_keys_of_all_kinds_are_found_within_a_text(secret: str) -> None:
    assert "use [secret], please" == text_after(f"use {secret}, please")


@pytest.mark.parametrize("email", EMAILS)
def test_emails_are_found(email: str) -> None:
    assert "write to [e-mail] or not" == text_after(f"write to {email} or not")
    assert "<[e-mail]>; [e-mail]." == text_after(f"<{email}>; {email}.")


@pytest.mark.parametrize("card", CARDS)
def test_cards_are_found(card: str) -> None:
    assert "pay with [card] now" == text_after(f"pay with {card} now")
    assert "12 [card]" == text_after(f"12 {card}")


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # the check digit is wrong
        "1764041695000000000",  # nanoseconds since 1970
        "a@b",
        "price @ 5.00",
        "task-force, risk-averse, disk_usage",
        "ask-me-anything-you-like",
        "0af7651916cd43dd8448eb211c80319c",
        "input_tokens=412",
        '{"max_tokens": 100, "token_count": 5}',
        "the secretary said: password",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert text == text_after(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call +49 30 901820 today", "call [phone] today"),
        ("call (030) 9018-2000", "call [phone]"),
        ("555-123-4567", "[phone]"),
        ("on 2026-11-25 at 12", "on 2026-11-25 at 12"),
        ("id 12345678", "id 12345678"),
    ],
)
def test_phone_numbers_are_found_when_asked_for(text: str, expected: str) -> None:
    assert text == text_after(text)
    assert expected == redact("phones")(a_span(name=text)).name


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "db.password",
        "OPENAI_API_KEY",
        "openaiApiKey",
        "apikey",
        "x-api-key",
        "http.request.header.authorization",
        "Set-Cookie",
        "client_secret",
        "aws.secret_access_key",
        "credentials",
        "secrets",
    ],
)
def test_values_are_withheld_by_their_key(key: str) -> None:
    values = {key: ["hunter2", {"deep": "hunter2"}], "outer": {key: 42}}
    span = HIDE(a_span(attributes=values))
    assert {key: "[redacted]", "outer": {key: "[redacted]"}} == span.attributes
    said = HIDE(a_span(attributes={"tool.input": json.dumps({key: "hunter2", "n": 1})})).attributes
    assert {key: "[redacted]", "n": 1} == json.loads(said["tool.input"])


@pytest.mark.parametrize(
    "key",
    ["llm.input_tokens", "max_tokens", "secretary", "author", "token.count", "monkey", "pwdx"],
)
def test_keys_that_only_look_so_keep_their_values(key: str) -> None:
    span = a_span(attributes={key: "value"})
    assert span == HIDE(span)


@pytest.mark.parametrize(
    "key", ["пароль", "Пароль", "db.пароль", "пароли password", "用户password"]
)
def test_names_of_secrets_may_be_of_any_script(key: str) -> None:
    hide = redact(names=["пароль", "password"])
    attributes = {key: "hunter2", "tool.input": json.dumps({key: "hunter2"}, ensure_ascii=False)}

    assert "hunter2" not in str(hide(a_span(attributes=attributes)))


def test_that_a_password_was_set_may_be_said() -> None:
    span = a_span(attributes={"password": None, "api_key": True})
    assert span == HIDE(span)


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "hunter2", "a": 1}',
        '{"password":"hun\\"ter2"}',
        json.dumps(json.dumps({"api_key": "hunter2", "b": "c"})),
        "https://example.org/?api_key=hunter2&b=c",
        "login --password=hunter2 now",
        "{'password': 'hunter2'}",
        "postgres://user:hunter2@db.example.org/x",
        '{"password": "hunter2',
    ],
)
def test_named_values_within_a_text_are_found(text: str) -> None:
    made = text_after(text)
    assert made == text_after(made)
    assert "hunter" not in made
    assert "ter2" not in made


@pytest.mark.parametrize("canary", CANARIES)
def test_what_stands_behind_an_escape_is_found(canary: str) -> None:
    for before in ("\n", "\t", "é", "\x00"):
        text = json.dumps({"a": before + canary})
        made = json.loads(text_after(text))["a"]
        assert "[" in made[:2]
        assert canary not in made
        for part in (repr(before + canary), text[:-1]):
            # Digits behind the digits of an escape, in what can't be read, are any digits.
            assert canary not in text_after(part) or (before in "é\x00" and canary in CARDS)


def test_custom_patterns_and_marks() -> None:
    assert "customer ***" == text_after("customer C-1234", patterns=[r"C-\d+"], mask="***")
    assert "***" == text_after("ada@example.org", mask="***")
    assert "[redacted]" == text_after("C-1", patterns=[re.compile("C-1")])
    assert "[redacted], no 2" == text_after("C-1, no 2", patterns="C-1")
    assert "[redacted], no 2" == text_after("C-1, no 2", patterns=re.compile("C-1"))
    assert {"pin": "[redacted]", "in": "a"} == redact(names="pin")(
        a_span(attributes={"pin": "a", "in": "a"})
    ).attributes
    assert r"\g<0>" == text_after("C-1", patterns=["C-1"], mask=r"\g<0>")


def test_only_what_is_asked_for() -> None:
    text = f"{EMAILS[0]} {CARDS[0]}"
    assert f"[e-mail] {CARDS[0]}" == redact("emails")(a_span(name=text)).name
    with pytest.raises(ValueError, match="'mails' can't be redacted by name; secrets, emails"):
        redact("mails")


@st.composite
def texts_with(draw: st.DrawFn, canary: str) -> str:
    # Around it anything but what would make another word of it.
    around = st.text(st.sampled_from(" \t\n(){}\"',;!?äß€😀\x00"), max_size=20)
    more = st.text(max_size=20)
    return draw(more) + " " + draw(around) + canary + draw(around) + " " + draw(more)


def values_with(text: str) -> st.SearchStrategy[Any]:
    inside: st.SearchStrategy[Any] = st.sampled_from(
        [
            text,
            text.encode("utf-8", "replace"),
            (text,),
            {text},
            json.dumps({"a": text}),
            json.dumps([json.dumps(text)]),
        ]
    )
    return st.recursive(
        inside,
        lambda below: (
            st.lists(below, min_size=1, max_size=2)
            | st.dictionaries(st.sampled_from(["a", "llm.prompt"]), below, min_size=1)
            | below.map(lambda value: {text: value})
        ),
        max_leaves=4,
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_canary_gets_through_wherever_it_is(data: st.DataObject) -> None:
    canary = data.draw(st.sampled_from(CANARIES))
    text = data.draw(texts_with(canary))
    values = {"key": data.draw(values_with(text))}
    places: list[dict[str, Any]] = [
        {"name": text},
        {"service_name": text},
        {"status_message": text},
        {"attributes": values},
        {"attributes": {text: "value"}},
        {"events": (SpanEvent(text, NOON),)},
        {"events": (SpanEvent("e", NOON, values),)},
        {"links": (SpanLink("t", "s", values),)},
    ]
    span = a_span(**data.draw(st.sampled_from(places)))
    line = span_to_line(HIDE(span)).decode()
    bare = json.dumps(canary)[1:-1]
    assert canary not in line
    assert bare not in line
    assert "MIIEow" not in line


@given(st.integers(10**12, 10**19))
def test_a_card_is_found_as_a_number_too(number: int) -> None:
    value = HIDE(a_span(attributes={"n": number})).attributes["n"]
    assert value in (number, "[card]")
    assert {"n": "[card]"} == HIDE(a_span(attributes={"n": int(CARDS[0])})).attributes


@settings(deadline=None)
@given(st.text())
def test_what_is_made_is_a_span_again_and_twice_is_once(text: str) -> None:
    once = HIDE(a_span(name=text, attributes={text: [text]}))
    assert once == HIDE(once)


@pytest.mark.parametrize("kind", FINDERS)
@pytest.mark.parametrize(
    "part",
    [
        "a",
        "1",
        "1 ",
        "a@",
        "@",
        "a.",
        "eyJ",
        "sk-",
        "://",
        ":",
        "-----BEGIN PRIVATE KEY-----",
        "\\",
        '"',
        '\\"',
        "a=",
        "pwd=",
        '"pwd":"',
        '"pwd":\\"',
        " ",
    ],
)
def test_hostile_texts_take_time_in_proportion(kind: str, part: str) -> None:
    """A quadratic finder would take hours for these."""
    text = part * (400_000 // len(part))
    redact(kind)(a_span(name=text))


def test_when_redaction_itself_fails_the_contents_are_withheld() -> None:
    class Odd(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError(EMAILS[0])

    span = a_span(
        name=EMAILS[0],
        parent_span_id="p",
        attributes=Odd(a=1),
        status_message=EMAILS[0],
        events=(SpanEvent(EMAILS[0], NOON),),
    )
    faults = []
    made = processed(span, [HIDE], lambda *fault: faults.append(fault))
    assert made is not None
    assert b"@" not in span_to_line(made)
    assert 1 == len(faults)
    same = ("trace_id", "span_id", "parent_span_id", "started_at", "ended_at", "status")
    assert [getattr(span, name) for name in same] == [getattr(made, name) for name in same]
    assert attrs.evolve(made, attributes={}).attributes == {}


def test_what_is_too_deep_to_look_at_does_not_leave() -> None:
    value: Any = EMAILS[0]
    for _ in range(500):
        value = [value]
    assert b"@" not in span_to_line(HIDE(a_span(attributes={"a": value})))


def test_ids_stay_as_they_are() -> None:
    span = Span(trace_id="4111111111111111", span_id="a@b.org", started_at=NOON)
    assert span == HIDE(span)
