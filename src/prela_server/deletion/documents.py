"""What is to be deleted, as the body of a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

import attrs
import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.datastructures import QueryParams

from prela_core.errors import InvalidError, MalformedError
from prela_core.model import MAX_ID_LENGTH
from prela_core.store import MAX_TRACE_IDS, Deletion, DeletionRequest, TraceFilter
from prela_server.query.documents import PARAMETERS
from prela_server.query.parameters import TRACE_PARAMETERS, Parameters

__all__ = ["FILTERS", "DeletionCount", "DeletionDocument", "deletion_request"]

FILTERS = TRACE_PARAMETERS
"""The parameters of `GET /api/v1/traces` that a filter may have; `attr.<key>` as well."""

_INDEX = re.compile(r"\[(\d+)\]")
_TraceId = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH)]
_FILTER_SCHEMA = {
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {name: dict(PARAMETERS[name].schema) for name in FILTERS if name in PARAMETERS},
    "patternProperties": {r"^attr\..+": {"type": "string", "maxLength": 4096}},
    "examples": [{"status": "error", "end_time": "2026-01-01T00:00:00Z"}],
}
_Ids = Annotated[
    list[_TraceId],
    Meta(
        min_length=1,
        max_length=MAX_TRACE_IDS,
        description="The ids of traces. One that is not there yet, but on its way, is deleted when "
        "it comes.",
    ),
]
_Filter = Annotated[
    dict[str, Any],
    Meta(
        description="All traces that `GET /api/v1/traces` lists for these parameters.",
        extra_json_schema=_FILTER_SCHEMA,
    ),
]

_Everything = Annotated[
    bool,
    Meta(
        description="`true`: all that the project of the key holds.",
        extra_json_schema={"const": True},
    ),
]


@attrs.frozen(kw_only=True)
class DeletionDocument:
    """What is to be deleted: exactly one of the three."""

    trace_ids: _Ids | UnsetType = UNSET
    filter: _Filter | UnsetType = UNSET
    everything: _Everything | UnsetType = UNSET

    SCHEMA: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    )


@attrs.frozen(kw_only=True)
class DeletionCount:
    """What a deletion would take away now; nothing was done."""

    traces: int
    spans: int
    rows: dict[str, int]

    @classmethod
    def of(cls, counted: Deletion) -> DeletionCount:
        """Take the counts of a receipt."""
        return cls(traces=counted.traces, spans=counted.spans, rows=counted.rows)


def deletion_request(
    body: bytes, *, project_id: str, deletion_id: str, asked_at: int
) -> DeletionRequest:
    """Read a body; raises `MalformedError` for what is no JSON and `InvalidError` otherwise.

    What is not known is refused: to pass over a condition would delete too much.
    """
    try:
        sent = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(f"the body is not valid JSON: {error}") from None
    if not isinstance(sent, dict):
        raise InvalidError('the body must be a JSON object, such as {"trace_ids": ["..."]}')
    known = [field.name for field in attrs.fields(DeletionDocument)]
    for name in sent:
        if name not in known:
            raise _fault(f"/{name[:60]}", f"is not known; send one of {', '.join(known)}")
    try:
        meant = msgspec.convert(sent, DeletionDocument)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        pointer = _INDEX.sub(r"/\1", where.strip("`").removeprefix("$").replace(".", "/"))
        raise _fault(pointer, what) from None
    if meant.everything is False:
        raise _fault("/everything", "must be true")
    return DeletionRequest(
        deletion_id=deletion_id,
        project_id=project_id,
        asked_at=asked_at,
        trace_ids=() if meant.trace_ids is UNSET else tuple(meant.trace_ids),
        where=None if meant.filter is UNSET else _filter(meant.filter),
        everything=meant.everything is True,
        said=msgspec.json.encode(sent),
    )


def _filter(sent: dict[str, Any]) -> TraceFilter:
    pairs: list[tuple[str, str]] = []
    for name, value in sent.items():
        for each in value if isinstance(value, list) and name.startswith("attr.") else [value]:
            if isinstance(each, bool) or not isinstance(each, str | int | float):
                raise _fault(f"/filter/{name[:60]}", "must be a text or a number")
            if each == "":
                # In a query string it is the same as none, and then it would mean too much.
                raise _fault(f"/filter/{name[:60]}", "is empty")
            pairs.append((name, each if isinstance(each, str) else repr(each)))
    try:
        return Parameters(QueryParams(pairs), FILTERS, attributes=True).filter()
    except InvalidError as error:
        places = [
            {**each, "pointer": each["pointer"].replace("?", "/filter/", 1)}
            for each in error.errors
        ]
        raise InvalidError(str(error), places) from None


def _fault(pointer: str, detail: str) -> InvalidError:
    return InvalidError(
        f"{pointer.strip('/') or 'the body'}: {detail}", [{"pointer": pointer, "detail": detail}]
    )
