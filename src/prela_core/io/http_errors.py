"""Answers of a Prela server that are errors, and failures to reach it, as our own errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgspec

from prela_core.errors import (
    ForbiddenError,
    InputError,
    InvalidError,
    MalformedError,
    NotFoundError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedMediaError,
)
from prela_core.io.retries import retry_after
from prela_core.io.url_login import masked, without_login

__all__ = ["not_a_server", "raise_for_problem", "translated"]

_INPUT_ERRORS: dict[int, type[InputError]] = {
    error.status.value: error
    for error in (
        MalformedError,
        UnauthenticatedError,
        ForbiddenError,
        NotFoundError,
        TooLargeError,
        UnsupportedMediaError,
        InvalidError,
    )
}
_PASSING = frozenset({408, 425, 429})
"""Of the statuses that find fault with a request, those that another attempt may not get."""

_ERRNO = re.compile(r"\[Errno -?[0-9]+\] ")


class _Problem(msgspec.Struct):
    detail: str = ""
    message: str = ""  # of the Status that answers OTLP
    errors: list[dict[str, str]] = []
    parts: dict[str, str] = {}


@contextmanager
def translated(url: str, *, server: str = "`prela serve`") -> Iterator[None]:
    """Raise our errors for those of httpx while talking to `url`, where `server` should be."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise UnavailableError(f"{url} did not answer in time", retry_after=0) from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise not_a_server(url) from error
    except httpx.HTTPError as error:
        raise UnavailableError(
            f"{url} can't be reached ({_reason(error)}); is {server} running there?",
            retry_after=0,
        ) from error


def not_a_server(url: str) -> InvalidError:
    """Make the error for a URL that can be no server's."""
    return InvalidError(
        f"{masked(url)!r} is not the URL of a server; one looks like http://127.0.0.1:8000"
    )


def _reason(error: Exception) -> str:
    return _ERRNO.sub("", str(error)) or type(error).__name__


def _is_ours(answer: httpx.Response) -> bool:
    """Say whether it is an answer of Prela: other servers seldom send problems of RFC 9457."""
    kind: str = answer.headers.get("content-type", "")
    return kind.startswith("application/problem+json")


def raise_for_problem(answer: httpx.Response) -> None:
    """Raise the error that `answer` stands for; return when it is none.

    A status that is nothing of Prela's is an `InputError` when it finds fault with the request
    (a redirect: with the URL), else an `UnavailableError`. Of another server, 404 says nothing of
    what was asked for: that is no `NotFoundError`.
    """
    if answer.is_success:
        return
    url, status = answer.request.url, answer.status_code
    if answer.has_redirect_location:
        there = without_login(answer.headers["location"])
        raise InvalidError(f"{url} redirects to {there}; give the URL that it leads to")
    try:
        problem = msgspec.json.decode(answer.content, type=_Problem)
    except msgspec.MsgspecError:
        problem = _Problem()
    unwell = "; ".join(f"{name}: {reason}" for name, reason in problem.parts.items())
    sentence = problem.detail or problem.message or unwell or f"{url} answered {status}"
    if status == NotFoundError.status and not _is_ours(answer):
        raise InputError(f"{url} answered {status}; is that the address of a Prela server?")
    if error := _INPUT_ERRORS.get(status):
        raise error(sentence, problem.errors)
    if answer.is_client_error and status not in _PASSING:
        raise InputError(sentence, problem.errors)
    raise UnavailableError(sentence, retry_after=retry_after(answer))
