"""JSON as Python's `json.dumps` writes it, which strict parsers refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.conftest import Api, span, trace

BODIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "/v1/traces": trace,
    "/v1/spans": dict,
    "/v1/batch": lambda one: {"spans": [one]},
}


@pytest.mark.parametrize("path", BODIES)
def test_nan_and_infinities_become_null(api: Api, path: str) -> None:
    attributes = {
        "bad": [float("nan"), float("inf"), float("-inf")],
        "text": 'NaN, Infinity and "-Infinity" as words',
        "key NaN": {"deep": float("nan")},
    }
    sent = span(attributes=attributes, duration_ms=float("nan"), name="NaN")

    api.accept(path, BODIES[path](sent))

    found = api.span(sent)
    assert found["attributes"] == {
        "bad": [None, None, None],
        "text": 'NaN, Infinity and "-Infinity" as words',
        "key NaN": {"deep": None},
    }
    assert found["name"] == "NaN"
    assert found["duration_ms"] == 250.0


@pytest.mark.parametrize("path", BODIES)
def test_a_lone_surrogate_becomes_the_replacement_character(api: Api, path: str) -> None:
    sent = span(
        name="cut \ud83d",
        attributes={"half": "\udc00 and \ud83d", "whole": "\U0001f600", "\ud800": 1},
        status_message="\udfff",
        events=[{"name": "e\ud800", "timestamp": "2026-01-01T00:00:00Z", "attributes": {}}],
    )
    # Python joins a pair of surrogates that stand in one string; none of these do.
    api.accept(path, BODIES[path](sent))

    found = api.span(sent)
    assert found["name"] == "cut \ufffd"
    assert found["status_message"] == "\ufffd"
    assert found["attributes"] == {
        "half": "\ufffd and \ufffd",
        "whole": "\U0001f600",
        "\ufffd": 1,
    }
    assert found["events"][0]["name"] == "e\ufffd"


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("number", [2**63, 2**64, -(2**64), 10**400, 2**20_000 % 10**4000])
def test_a_huge_integer_keeps_its_digits(api: Api, path: str, number: int) -> None:
    sent = span(attributes={"n": number, "list": [number, {"deep": number}]})

    api.accept(path, BODIES[path](sent))

    assert found_digits(api, sent) == {
        "n": str(number),
        "list": [str(number), {"deep": str(number)}],
    }


def found_digits(api: Api, sent: dict[str, Any]) -> Any:
    """Read attributes with integers as their digits; they may come back as numbers or texts."""
    text = api.get(f"/api/v1/traces/{sent['trace_id']}").text
    (found,) = json.loads(text, parse_int=str)["spans"]
    return found["attributes"]


@pytest.mark.parametrize("path", BODIES)
def test_text_of_any_script_comes_back_as_it_was(api: Api, path: str) -> None:
    texts = {
        "chinese": "你好,世界",
        "arabic": "مرحبا بالعالم",
        "emoji": "👩‍👩‍👧‍👦 and 🏴‍☠️",
        "controls": "tab\tnewline\nreturn\rnul\0bell\a",
        "quotes": "\"'`\\ \\u0041 \\\\u0041 \\n",
        "separators": "a\u2028b\u2029c\u0085d\u00a0e",
        "": "an empty key",
        "html": "<script>alert(1)</script>&amp;",
    }
    sent = span(attributes=texts, name="名前")

    api.accept(path, BODIES[path](sent))

    assert texts == api.span(sent)["attributes"]
    assert api.span(sent)["name"] == "名前"
