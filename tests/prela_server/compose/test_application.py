from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.asgi import ask

from prela_server.compose.application import application
from prela_server.edge.guard import open_guard
from prela_server.settings import Settings

PAGE = "https://ui.example"


def answer(path: str, method: str = "GET", **asked: Any) -> httpx.Response:
    settings = Settings(cors_origins=(PAGE,))
    return ask(application(settings, open_guard(), {}), path, method, **asked)


def test_pages_that_are_named_are_answered_as_browsers_want_it() -> None:
    preflight = answer(
        "/health",
        "OPTIONS",
        headers={
            "Origin": PAGE,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "X-API-Key",
        },
    )

    assert 200 == preflight.status_code
    assert PAGE == preflight.headers["Access-Control-Allow-Origin"]
    assert "X-API-Key" in preflight.headers["Access-Control-Allow-Headers"]
    got = answer("/health", headers={"Origin": PAGE})
    assert PAGE == got.headers["Access-Control-Allow-Origin"]
    assert "X-Request-ID" in got.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in got.headers


def test_other_pages_are_not() -> None:
    refused = answer("/health", headers={"Origin": "https://evil.example"})

    assert 403 == refused.status_code
    assert "Access-Control-Allow-Origin" not in refused.headers


@pytest.mark.parametrize("path", ["/v1/spans", "/api/v1/traces", "/docs", "/metrics"])
def test_what_a_role_does_not_do_is_not_there(path: str) -> None:
    assert 404 == answer(path).status_code
    assert 200 == answer("/ready").status_code
