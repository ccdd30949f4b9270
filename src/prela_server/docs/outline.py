"""How a document is read from top to bottom: operations by their tag, references followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["by_tag", "resolved"]


def by_tag(document: Mapping[str, Any]) -> dict[str, list[tuple[str, str, Mapping[str, Any]]]]:
    """Give the operations of each tag, in their order: method, path and operation."""
    found: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {
        each["name"]: [] for each in document["tags"]
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found[operation["tags"][0]].append((method, path, operation))
    return found


def resolved(document: Mapping[str, Any], said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a response, or the shared one that it refers to."""
    if "$ref" not in said:
        return said
    found: Mapping[str, Any] = document["components"]["responses"][said["$ref"].rpartition("/")[2]]
    return found
