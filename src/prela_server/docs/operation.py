"""What is said of one operation of the API, and what many of them share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import attrs

from prela_server.accounts import Scope
from prela_server.query.documents import ParameterNote

__all__ = ["ASKING", "DELETING", "HEALTH", "INGEST", "QUERY", "SENDING", "TAGS", "Operation"]

INGEST, QUERY, DELETING, HEALTH = "Send spans", "Ask about traces", "Delete", "Health"

TAGS: Mapping[str, str] = MappingProxyType(
    {
        INGEST: "An answer of 200 is a promise: every span that it counts as accepted is durable. "
        "Sending the same span again, after a lost answer or to complete it, never makes two of "
        "it. Bodies may be compressed with gzip, deflate or zstd; limits apply to what comes out.",
        QUERY: "Answers cover what was accepted before the question. Lists come in pages: follow "
        "`next_cursor` until it is null. A parameter that is unknown, misspelt or given twice is "
        "refused, since passing over it would give a wrong answer.",
        DELETING: "A deletion is about what was received until it was asked; what is received "
        "afterwards is new. It is carried out after the answer: its receipt says how far it is, "
        "from `waiting` to `done`, and counts what went. From `gone_at` on, nothing of it is "
        "found.",
        HEALTH: "For load balancers and supervisors; no key is asked for.",
    }
)

SENDING = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
ASKING = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""How sending, and asking, may be refused."""


@attrs.frozen(kw_only=True)
class Operation:
    """One method at one address.

    `scope` is what a key must allow, None where no key is asked for. `body` is the class of the
    request's body and `sent` are bodies to show, by a title. `answer` is the class of the answer
    and `given` one to show. `query` names the parameters, `required`
    those that can't be left out, and `shown` gives values for an example;
    with `attributes`, those that begin with `attr.` are taken too. `errors` are the statuses it
    may refuse with; those of credentials are added. `notes` are of parameters that mean something
    else here than elsewhere. With `otlp`, body and answer may also be
    protobuf, and errors have OTLP's form. `others` are the media types, none of them JSON, that
    the answer may have as well. `status` is that of the answer. A `tagged` one has an `ETag`.
    """

    method: str
    path: str
    name: str
    tag: str
    summary: str
    description: str
    scope: Scope | None
    answer: Any
    given: Any
    answer_text: str
    body: Any = None
    sent: Mapping[str, Any] = attrs.field(factory=dict)
    query: Sequence[str] = ()
    required: Sequence[str] = ()
    attributes: bool = False
    shown: Mapping[str, str] = attrs.field(factory=dict)
    errors: Sequence[HTTPStatus] = ()
    otlp: bool = False
    is_json: bool = True
    notes: Mapping[str, ParameterNote] = attrs.field(factory=dict)
    status: HTTPStatus = HTTPStatus.OK
    others: Sequence[str] = ()
    tagged: bool = False
