"""Answers of a Prela server that are errors, and failures to reach it, as our own errors."""

from __future__ import annotations

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

__all__ = ["raise_for_problem", "translated"]

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
_LONGEST_PAUSE = 60


class _Problem(msgspec.Struct):
    detail: str = ""
    errors: list[dict[str, str]] = []


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Raise our errors for those of httpx while talking to `url`."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise UnavailableError(f"{url} did not answer in time") from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise InvalidError(f"{url!r} is not the URL of a server ({error})") from error
    except httpx.HTTPError as error:
        raise UnavailableError(
            f"{url} can't be reached ({error}); is `prela serve` running there?"
        ) from error


def raise_for_problem(answer: httpx.Response) -> None:
    """Raise the error that `answer` stands for; return when it is none."""
    if answer.is_success:
        return
    try:
        problem = msgspec.json.decode(answer.content, type=_Problem)
    except msgspec.MsgspecError:
        problem = _Problem()
    sentence = problem.detail or f"{answer.request.url} answered {answer.status_code}"
    if error := _INPUT_ERRORS.get(answer.status_code):
        raise error(sentence, problem.errors)
    sent = answer.headers.get("retry-after", "")
    raise UnavailableError(
        sentence, retry_after=min(int(sent), _LONGEST_PAUSE) if sent.isdigit() else 1
    )
