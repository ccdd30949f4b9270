"""Schemas of the document's components, made of the attrs classes that are sent and answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from inspect import cleandoc
from typing import Any, get_args, get_type_hints

import attrs
import msgspec

from prela_server.docs.fields import FIELDS

__all__ = [
    "BYTES",
    "REF",
    "Fault",
    "Health",
    "Problem",
    "Readiness",
    "component_name",
    "components",
]

REF = "#/components/schemas/{name}"

BYTES = {"type": "string", "format": "binary"}
"""The schema of what is no JSON."""

_PYTHON_WORDS = {"None": "null", "True": "true", "False": "false"}


@attrs.frozen(kw_only=True)
class Fault:
    """One place in a request that is wrong."""

    pointer: str
    detail: str


@attrs.frozen(kw_only=True)
class Problem:
    """Why a request was not answered, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = attrs.field(factory=list)


@attrs.frozen(kw_only=True)
class Health:
    """The process lives."""

    status: str


@attrs.frozen(kw_only=True)
class Readiness:
    """Whether the server can do its work, part by part."""

    status: str
    parts: dict[str, str]


def components(types: Iterable[Any]) -> dict[str, Any]:
    """Give the schemas of `types` and of all that they hold, by the names of their classes.

    Descriptions are the docstrings of the classes and, of fields, the texts in `FIELDS`. What a
    class has as `SCHEMA` is put on top.
    """
    listed = list(types)
    _, schemas = msgspec.json.schema_components(listed, ref_template=REF)
    classes = {each.__name__: each for each in _classes(listed)}
    for name, schema in schemas.items():
        if "description" in schema:
            schema["description"] = _prose(schema["description"])
        cls = classes.get(name.partition("_")[0])
        if cls is not None:
            _describe(schema, cls)
            schema.update(getattr(cls, "SCHEMA", {}))
    return {_tidy(name): _renamed(schema) for name, schema in sorted(schemas.items())}


def component_name(answer: Any) -> str:
    """Give the name under which `components` has a class or a `Page[...]` of one."""
    inner = get_args(answer)
    return f"{inner[0].__name__}Page" if inner else str(answer.__name__)


def _describe(schema: dict[str, Any], cls: type) -> None:
    hints = get_type_hints(cls)
    lineage = [base.__name__ for base in cls.__mro__ if attrs.has(base)]
    for name, field in schema.get("properties", {}).items():
        if "description" in field:  # said in the class itself
            continue
        keys = [*(f"{each}.{name}" for each in lineage), name]
        note = next((FIELDS[key] for key in keys if key in FIELDS), {})
        if hints[name] is datetime or datetime in get_args(hints[name]):
            field.update(_dated(field))
        field.update(note)


def _dated(field: Mapping[str, Any]) -> dict[str, Any]:
    # msgspec says `date-time` only of types that must be aware; ours always are.
    if field.get("type") == "string":
        return {"format": "date-time"}
    return {
        "anyOf": [
            {**each, "format": "date-time"} if each["type"] == "string" else each
            for each in field["anyOf"]
        ]
    }


def _classes(types: Iterable[Any], seen: frozenset[Any] = frozenset()) -> Iterator[type]:
    """Walk the attrs classes that are named in `types`, in their fields, and so on."""
    for each in types:
        if each in seen:
            continue
        cls = getattr(each, "__origin__", each)
        if isinstance(cls, type) and attrs.has(cls):
            yield cls
            inner = get_type_hints(cls).values()
            yield from _classes(inner, seen | {each})
        yield from _classes(get_args(each), seen | {each})


def _tidy(name: str) -> str:
    """Turn `Page_TraceSummary_`, as msgspec names it, into `TraceSummaryPage`."""
    outer, bracket, inner = name.partition("_")
    return f"{inner.strip('_')}{outer}" if bracket else name


def _renamed(value: Any) -> Any:
    """Drop titles, which repeat the names, and point references to tidy names."""
    if isinstance(value, list):
        return [_renamed(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _renamed(each) for key, each in value.items() if not _is_title(key, each)}
    if isinstance(ref := kept.get("$ref"), str):
        prefix, _, name = ref.rpartition("/")
        kept["$ref"] = f"{prefix}/{_tidy(name)}"
    return kept


def _is_title(key: str, value: Any) -> bool:
    return key == "title" and isinstance(value, str)  # a field of that name has an object


def _prose(docstring: str) -> str:
    """Join the lines of each paragraph, and say null where Python says None."""
    paragraphs = cleandoc(docstring).split("\n\n")
    text = "\n\n".join(" ".join(each.split()) for each in paragraphs)
    return re.sub(r"\b(None|True|False)\b", lambda match: _PYTHON_WORDS[match[0]], text)
