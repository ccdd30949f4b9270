"""Whether an answer meets the schema that it was asked for.

The words of JSON Schema that requests use are known here, and no others: `type`, `properties`,
`required`, `additionalProperties` (false), `items`, `enum`, `minimum`, `maximum`, `maxLength`,
`maxItems`, `description`, and `anyOf`. Of them, those about sizes are not sent to a model that
does not take them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from prela_agents.errors import ModelError
from prela_agents.model import Request

__all__ = ["checked", "faults"]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict, Mapping),
    "array": (list, tuple),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_KNOWN = frozenset(
    {
        "additionalProperties",
        "anyOf",
        "description",
        "enum",
        "items",
        "maxItems",
        "maxLength",
        "maximum",
        "minimum",
        "properties",
        "required",
        "type",
    }
)


def checked(value: Any, request: Request) -> Mapping[str, Any]:
    """Give `value` back when it meets the request's schema; else raises `ModelError`."""
    found = next(faults(value, request.schema), None)
    if found is not None:
        raise ModelError(f"the answer to {request.task!r} is not as asked for: {found}")
    if not isinstance(value, Mapping):
        raise ModelError(f"the schema of {request.task!r} asks for no object")
    return value


def faults(value: Any, schema: Mapping[str, Any], where: str = "$") -> Iterator[str]:
    """Say what is wrong with `value`, one sentence each.

    Raises `ValueError` for a schema with words that are not known here.
    """
    if unknown := schema.keys() - _KNOWN:
        raise ValueError(f"the schema at {where} has words that are not checked: {unknown}")
    if "anyOf" in schema and all(any(faults(value, each, where)) for each in schema["anyOf"]):
        yield f"{where} is none of what it may be"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is not one of {schema['enum']}"
    kind = schema.get("type")
    if kind is None:
        return
    if not _is(value, kind):
        yield f"{where} is no {kind}"
    elif kind in _INSIDE:
        yield from _INSIDE[kind](value, schema, where)


def _in_object(value: Mapping[str, Any], schema: Mapping[str, Any], where: str) -> Iterator[str]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{where} lacks {name!r}"
    for name, each in value.items():
        if name in known:
            yield from faults(each, known[name], f"{where}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{where} has {name!r}, which was not asked for"


def _in_array(value: Sequence[Any], schema: Mapping[str, Any], where: str) -> Iterator[str]:
    if len(value) > schema.get("maxItems", len(value)):
        yield f"{where} has more than {schema['maxItems']} items"
    for at, each in enumerate(value):
        yield from faults(each, schema.get("items", {}), f"{where}[{at}]")


def _in_string(value: str, schema: Mapping[str, Any], where: str) -> Iterator[str]:
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{where} has more than {schema['maxLength']} characters"


def _in_number(value: float, schema: Mapping[str, Any], where: str) -> Iterator[str]:
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{where} is out of its range"


_INSIDE: Mapping[str, Callable[[Any, Mapping[str, Any], str], Iterator[str]]] = {
    "object": _in_object,
    "array": _in_array,
    "string": _in_string,
    "integer": _in_number,
    "number": _in_number,
}


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[kind])
