"""JSON Schemas in words: the type of a value, and the fields of an object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from prela_server.docs.markup import Markup, code, prose, tag

__all__ = ["fields_table", "type_of"]

_WORDS = {
    "string": "text",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
    "date-time": "date-time",
}


def type_of(schema: Mapping[str, Any]) -> Markup:
    """Say in words what values a schema means; references are links."""
    match schema:
        case {"$ref": ref}:
            name = ref.rpartition("/")[2]
            return tag("a", name, href=f"#schema-{name}")
        case {"const": value}:
            return code(json.dumps(value))
        case {"enum": _}:
            return _enum(schema)
        case {"anyOf": kinds}:
            return Markup(" or ").join(type_of(each) for each in kinds)
        case _:
            return _plain_type(schema)


def _plain_type(schema: Mapping[str, Any]) -> Markup:
    match schema:
        case {"type": "array", "prefixItems": [first, *_]}:
            return Markup("pair of ") + type_of(first)
        case {"type": "array"}:
            return Markup("list of ") + type_of(schema.get("items", {}))
        case {"additionalProperties": Mapping() as values}:
            return Markup("object of ") + type_of(values)
        case _:
            kind = schema.get("format") or schema.get("type", "any value")
            return Markup(_WORDS.get(kind, kind)) + _bounds(schema)


def fields_table(schema: Mapping[str, Any]) -> Markup:
    """List the fields of an object, each with its type, whether it is required, and its meaning."""
    required = schema.get("required", ())
    rows = []
    for name, field in schema["properties"].items():
        mark = tag("span", "required", class_="required") if name in required else Markup("")
        rows.append(
            tag("dt", tag("code", name) + tag("span", type_of(field), class_="type") + mark)
            + tag("dd", prose(field.get("description", "")))
        )
    return tag("dl", Markup("").join(rows), class_="fields")


def _enum(schema: Mapping[str, Any]) -> Markup:
    return Markup(" · ").join(
        code("null" if each is None else str(each)) for each in schema["enum"]
    )


def _bounds(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        said = f", {low:,} to {high:,}"
    elif low is not None:
        said = f", at least {low:,}"
    else:
        longest = schema.get("maxLength")
        said = "" if longest is None else f", up to {longest:,} characters"
    return said + (f", {schema['default']} if left out" if schema.get("default") else "")
