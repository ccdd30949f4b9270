"""Every error Prela raises, in one tree.

* PrelaError
  x InputError - the caller's fault; trying again unchanged can't help
    - MalformedError (400): the bytes can't be read
    - UnauthenticatedError (401): no key, or a key that isn't ours
    - ForbiddenError (403): the key's scope does not reach so far
    - NotFoundError (404)
    - TooLargeError (413)
    - UnsupportedMediaError (415): a content type or encoding we can't read
    - InvalidError (422): readable, but wrong
      + QueryError: a question in the language of `prela_core.ask` that can't be read
  x UnavailableError (503) - our fault, and temporary; trying again later can help
    - BusFullError: the bus holds as much as it may
    - BusUnavailableError
    - StoreUnavailableError
  x DataDirectoryBusyError - another process holds the data directory
  x SettingsError - a setting's value can't be used

The class decides what a gateway answers and whether a client tries again; the text never does.
Errors of other libraries are translated where they enter, in `prela_core.io`.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import ClassVar

__all__ = [
    "BusFullError",
    "BusUnavailableError",
    "DataDirectoryBusyError",
    "ForbiddenError",
    "InputError",
    "InvalidError",
    "MalformedError",
    "NotFoundError",
    "PrelaError",
    "QueryError",
    "SettingsError",
    "StoreUnavailableError",
    "TooLargeError",
    "UnauthenticatedError",
    "UnavailableError",
    "UnsupportedMediaError",
]


class PrelaError(Exception):
    """The root of all errors that Prela raises on purpose.

    `str(error)` is a sentence for people: what was wrong, where, and what to do.
    """

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR


class InputError(PrelaError):
    """What the caller sent can't be used, now or later.

    `errors` holds one `{"pointer": ..., "detail": ...}` for each place that is wrong,
    when there is more to say than the sentence does.
    """

    status = HTTPStatus.BAD_REQUEST

    def __init__(self, detail: str, errors: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(detail)
        self.errors = tuple(errors)


class MalformedError(InputError):
    """The bytes can't be read: not JSON, a broken encoding, a tampered cursor."""


class UnauthenticatedError(InputError):
    """No key, or one that is unknown, malformed or revoked: never said which."""

    status = HTTPStatus.UNAUTHORIZED


class ForbiddenError(InputError):
    """A good key whose scope does not include what was asked."""

    status = HTTPStatus.FORBIDDEN


class NotFoundError(InputError):
    """There is no such thing in the caller's project."""

    status = HTTPStatus.NOT_FOUND


class TooLargeError(InputError):
    """Over a limit on size; the sentence names the limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnsupportedMediaError(InputError):
    """A content type or content encoding that Prela does not read."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class InvalidError(InputError):
    """Well-formed, but wrong: a missing id, a limit out of range."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class QueryError(InvalidError):
    """A question that can't be read.

    The mistake is in `text`, from the character `start` up to `end`; `column` counts from 1.
    """

    def __init__(self, detail: str, text: str, start: int, end: int | None = None) -> None:
        self.text = text
        self.start = start
        self.end = max(start + 1, end or 0)
        self.column = start + 1
        sentence = f"column {self.column}: {detail}"
        super().__init__(sentence, [{"pointer": "?query", "detail": sentence}])


class UnavailableError(PrelaError):
    """A part of Prela can't answer now.

    Another attempt should wait for `retry_after` whole seconds at least; 0 leaves it to the caller.
    """

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class BusFullError(UnavailableError):
    """The bus holds as many spans as it may; nothing of this request was taken."""


class BusUnavailableError(UnavailableError):
    """The bus did not acknowledge in time; the spans may or may not have landed."""


class StoreUnavailableError(UnavailableError):
    """The store did not answer, or can't write now."""


class DataDirectoryBusyError(PrelaError):
    """Only one process may open a data directory, and another one has it."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class SettingsError(PrelaError):
    """Settings can't be used; each sentence of `mistakes` names one and says what would do."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes
