from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.asgi import ask

from prela_core import errors
from prela_core.errors import InputError, PrelaError, QueryError, UnavailableError
from prela_server.edge.problems import handlers, problem


def answer(error: Exception, method: str = "GET", path: str = "/") -> Any:
    async def endpoint(_: Request) -> Response:
        raise error

    app = Starlette(routes=[Route("/", endpoint)], exception_handlers=handlers())
    return ask(app, path, method)


def every(kind: type[PrelaError]) -> list[type[PrelaError]]:
    ours = [getattr(errors, name) for name in errors.__all__]
    return [one for one in ours if issubclass(one, kind)]


# A query's fault says its place itself.
FAULTS = [kind for kind in every(InputError) if kind is not QueryError]


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_every_fault_of_the_caller_is_a_problem_with_its_status(kind: type[InputError]) -> None:
    found = answer(kind("why", [{"pointer": "/a", "detail": "b"}]))

    assert kind.status == found.status_code
    assert "application/problem+json" == found.headers["Content-Type"]
    assert {
        "type": "about:blank",
        "title": kind.status.phrase,
        "status": kind.status.value,
        "detail": "why",
        "errors": [{"pointer": "/a", "detail": "b"}],
    } == found.json()
    assert (401 == found.status_code) is ("WWW-Authenticate" in found.headers)
    assert (413 == found.status_code) is ("close" == found.headers.get("Connection"))


def test_without_places_there_is_no_list_of_them() -> None:
    assert "errors" not in answer(InputError("why")).json()


@pytest.mark.parametrize("kind", every(UnavailableError), ids=lambda kind: kind.__name__)
def test_what_may_pass_is_503_with_when_to_come_back(kind: type[UnavailableError]) -> None:
    found = answer(kind("why", retry_after=7))

    assert (503, "7", "why") == (
        found.status_code,
        found.headers["Retry-After"],
        found.json()["detail"],
    )


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("secret"), PrelaError("secret"), errors.SettingsError("secret")]
)
def test_what_was_not_foreseen_says_nothing_of_itself(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(error)

    assert 500 == found.status_code
    assert "application/problem+json" == found.headers["Content-Type"]
    assert "secret" not in found.text
    assert "Traceback" not in found.text
    assert "unforeseen error" in capsys.readouterr().out


def test_addresses_and_methods_that_are_not_there() -> None:
    missing = answer(ValueError(), path="/nothing")
    wrong = answer(ValueError(), "DELETE")

    assert (404, 404) == (missing.status_code, missing.json()["status"])
    assert "there is nothing at this address" in missing.json()["detail"]
    assert (405, "this address does not take that method") == (
        wrong.status_code,
        wrong.json()["detail"],
    )
    assert "GET" in wrong.headers["Allow"]


def test_an_error_of_the_framework_keeps_its_status_and_headers() -> None:
    found = answer(HTTPException(418, headers={"X-Tea": "yes"}))

    assert (418, "yes", "I'm a Teapot") == (
        found.status_code,
        found.headers["X-Tea"],
        found.json()["title"],
    )


def test_a_request_that_was_not_read_to_its_end_ends_the_connection() -> None:
    assert "close" == problem(HTTPStatus.REQUEST_TIMEOUT, "late").headers["Connection"]
    assert "connection" not in problem(HTTPStatus.NOT_FOUND, "gone").headers


def test_a_fault_in_a_query_says_where_it_is() -> None:
    found = answer(QueryError("no field is called this", "modle:a", 0))

    assert 422 == found.status_code
    assert "no field is called this" in found.json()["detail"]
