from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from prela_agents.http.limits import Limits, Reading, claude, discord, github, linear, plain, x

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SOON = str(int(NOW.timestamp()) + 90)


@pytest.mark.parametrize(
    ("limits", "status", "headers", "body", "expected"),
    [
        (plain, 503, {"retry-after": "1.5"}, None, Reading(retry_after=1.5)),
        (plain, 503, {"retry-after": "soon"}, None, Reading()),
        (plain, 503, {"retry-after": "inf"}, None, Reading()),
        (plain, 503, {"retry-after": "-3"}, None, Reading()),
        (
            plain,
            503,
            {"retry-after": "Mon, 30 Nov 2026 12:00:20 GMT"},
            None,
            Reading(retry_after=20.0),
        ),
        (
            x,
            429,
            {"x-rate-limit-remaining": "0", "x-rate-limit-reset": SOON},
            None,
            Reading(remaining=0.0, reset_after=90.0, retry_after=90.0),
        ),
        (
            x,
            200,
            {"x-rate-limit-remaining": "5", "x-rate-limit-reset": SOON},
            None,
            Reading(remaining=5.0, reset_after=90.0),
        ),
        (
            discord,
            429,
            {"retry-after": "1", "x-ratelimit-global": "true"},
            {"retry_after": 1.25},
            Reading(retry_after=1.25, everywhere=True),
        ),
        (discord, 429, {}, ["no object"], Reading()),
        (discord, 429, {}, {"retry_after": 10**400}, Reading()),
        (github, 429, {}, None, Reading(retry_after=60.0, try_again=True)),
        (
            github,
            403,
            {"retry-after": "9", "x-ratelimit-resource": "core"},
            None,
            Reading(bucket="core", retry_after=9.0, try_again=True),
        ),
        (
            linear,
            400,
            {
                "x-ratelimit-requests-remaining": "100",
                "x-ratelimit-requests-reset": f"{SOON}000",
                "x-ratelimit-complexity-remaining": "0",
                "x-ratelimit-complexity-reset": f"{SOON}000",
            },
            {"errors": [{"extensions": {"code": "RATELIMITED"}}]},
            Reading(remaining=0.0, reset_after=90.0, retry_after=90.0, try_again=True),
        ),
        (linear, 200, {}, {"errors": ["strange"]}, Reading()),
        (
            claude,
            529,
            {"retry-after-ms": "250", "retry-after": "1", "x-should-retry": "false"},
            None,
            Reading(retry_after=0.25, try_again=False),
        ),
    ],
)
def test_headers_are_read_as_the_platform_means_them(
    limits: Limits, status: int, headers: dict[str, str], body: Any, expected: Reading
) -> None:
    sent = b"<html>" if body is None else json.dumps(body).encode()
    assert expected == limits(status, headers, sent, NOW)
