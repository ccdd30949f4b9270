from __future__ import annotations

from typing import Any

import httpx
import pytest

from prela_core.errors import (
    ForbiddenError,
    InputError,
    InvalidError,
    MalformedError,
    NotFoundError,
    PrelaError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedMediaError,
)
from prela_core.io.http_errors import raise_for_problem, translated

URL = "http://prela.test"
PROBLEM = {"content-type": "application/problem+json"}

STATUSES: dict[int, type[PrelaError]] = {
    400: MalformedError,
    401: UnauthenticatedError,
    403: ForbiddenError,
    404: NotFoundError,
    413: TooLargeError,
    415: UnsupportedMediaError,
    422: InvalidError,
    408: UnavailableError,
    425: UnavailableError,
    429: UnavailableError,
}
OTHERS = {4: InputError, 3: UnavailableError, 5: UnavailableError}

# Faults of a program that uses httpx wrongly, which no server and no user can cause here.
MISUSE = {
    httpx.CookieConflict,
    httpx.RequestNotRead,
    httpx.ResponseNotRead,
    httpx.StreamClosed,
    httpx.StreamConsumed,
    httpx.StreamError,
}
WRONG_URL = {httpx.InvalidURL, httpx.UnsupportedProtocol}
ERRORS = [
    kind
    for kind in (getattr(httpx, name) for name in httpx.__all__)
    if isinstance(kind, type) and issubclass(kind, Exception) and kind not in MISUSE
]


def answer(status: int, **more: object) -> httpx.Response:
    return httpx.Response(status, request=httpx.Request("GET", f"{URL}/x"), **more)  # type: ignore[arg-type]  # each by its own type


def raised(response: httpx.Response) -> PrelaError:
    with pytest.raises(PrelaError) as caught:
        raise_for_problem(response)
    return caught.value


@pytest.mark.parametrize("status", range(300, 600))
def test_every_status_is_one_error(status: int) -> None:
    expected = STATUSES.get(status) or OTHERS[status // 100]

    problem = {"detail": "why it was", "errors": [{"pointer": "/a"}]}
    error = raised(answer(status, json=problem, headers=PROBLEM))
    assert expected is type(error)
    assert "why it was" == str(error)
    if isinstance(error, InputError):
        assert ({"pointer": "/a"},) == error.errors


@pytest.mark.parametrize("status", range(200, 300))
def test_a_success_is_none(status: int) -> None:
    raise_for_problem(answer(status))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_says_where_the_server_is(status: int) -> None:
    error = raised(answer(status, headers={"location": "https://prela.test/x"}))

    assert InvalidError is type(error)
    assert f"{URL}/x redirects to https://prela.test/x; give" in str(error)


def test_a_redirect_repeats_no_password() -> None:
    error = raised(answer(302, headers={"location": "https://ada:s3cret@prela.test/x"}))

    assert f"{URL}/x redirects to https://prela.test/x; give" in str(error)


@pytest.mark.parametrize(
    "content", [b"", b"<h1>no</h1>", b"[1]", b'{"detail": 7}', b'"x"', b"\xff", b'{"detail": ""}']
)
def test_an_answer_that_is_no_problem_still_has_a_sentence(content: bytes) -> None:
    assert f"{URL}/x answered 502" == str(raised(answer(502, content=content)))
    assert f"{URL}/x answered 409" == str(raised(answer(409, content=content)))


@pytest.mark.parametrize("said", [{"content": b"<h1>no</h1>"}, {"json": {"detail": "Not Found"}}])
def test_another_server_that_knows_no_such_path_is_no_missing_trace(said: dict[str, Any]) -> None:
    error = raised(answer(404, **said))

    assert InputError is type(error)
    assert f"{URL}/x answered 404; is that the address of a Prela server?" == str(error)


def test_parts_that_are_unwell_are_named() -> None:
    parts = {"status": "unready", "parts": {"bus": "is full", "store": "is away"}}

    assert "bus: is full; store: is away" == str(raised(answer(503, json=parts)))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        ("60", 60),
        ("61", 60),
        ("999999999", 60),
        ("9" * 5000, 0),
        ("1.5", 0),
        ("-3", 0),
        ("soon", 0),
        ("٣", 0),
        ("", 0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 30),
        ("Wed, 21 Oct 2026 07:28:00 -0000", 30),
        ("Wednesday, 21-Oct-26 07:28:00 GMT", 30),
        ("Wed, 21 Oct 2026 07:30:00 GMT", 60),
        ("Wed, 21 Oct 2026 07:27:00 GMT", 0),
        ("Wed, 21 Oct 99999 07:28:00 GMT", 0),
    ],
)
def test_retry_after_is_read_in_whole_seconds_up_to_a_minute(header: str, seconds: int) -> None:
    date = (b"date", b"Wed, 21 Oct 2026 07:27:30 GMT")
    error = raised(answer(503, headers=[(b"retry-after", header.encode()), date]))

    assert isinstance(error, UnavailableError)
    assert seconds == error.retry_after


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_httpx_is_translated(kind: type[Exception]) -> None:
    details = {} if kind is httpx.InvalidURL else {"request": None}
    if kind is httpx.HTTPStatusError:
        details["response"] = None
    if kind is httpx.HTTPError:
        details = {}
    theirs = kind("[Errno 7] its words", **details)

    with pytest.raises(PrelaError) as caught, translated(URL):
        raise theirs
    assert (InvalidError if kind in WRONG_URL else UnavailableError) is type(caught.value)
    assert theirs is caught.value.__cause__
    assert URL in str(caught.value)
    if issubclass(kind, httpx.TimeoutException):
        assert f"{URL} did not answer in time" == str(caught.value)
    elif kind not in WRONG_URL:
        assert f"{URL} can't be reached (its words); is `prela serve`" in str(caught.value)


def test_misuse_is_all_that_is_left_of_httpx() -> None:
    assert all(issubclass(kind, RuntimeError) for kind in MISUSE - {httpx.CookieConflict})
    assert {httpx.HTTPError, httpx.InvalidURL} <= set(ERRORS)


def test_an_error_without_words_is_named() -> None:
    with pytest.raises(UnavailableError, match=r"can't be reached \(ReadError\)"), translated(URL):
        raise httpx.ReadError("")


def test_other_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), translated(URL):
        raise ZeroDivisionError
