"""Parameters of a query in the sizes that a server takes over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["in_parts"]

# A server refuses a field over 128 KiB (http_max_field_value_size), and each parameter is one.
_MAX_FIELD = 128 * 1024
# Backslashes are the worst: doubled in an array's literal, and again for the way there.
_GROWTH = 4
_QUOTES = 4


def in_parts(sql: str, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Divide each list among `parameters` that is too long for one, and join it again in `sql`.

    The engine joins constants before it looks at indexes, so that this costs no reading.
    """
    divided: dict[str, Any] = {}
    for name, value in parameters.items():
        parts = list(_parts(value)) if isinstance(value, list) else []
        if len(parts) < 2:  # noqa: PLR2004 - one part is no division
            divided[name] = value
            continue
        names = [f"{name}_part{number}" for number in range(len(parts))]
        divided.update(zip(names, parts, strict=True))
        sql = _joined(sql, name, names)
    return sql, divided


def _joined(sql: str, name: str, names: Sequence[str]) -> str:
    def join(placeholder: re.Match[str]) -> str:
        return f"arrayConcat({', '.join(f'{{{each}:{placeholder[1]}}}' for each in names)})"

    return re.sub(rf"\{{{re.escape(name)}:([^}}]+)\}}", join, sql)


def _parts(values: Sequence[Any]) -> Iterator[list[Any]]:
    part: list[Any] = []
    size = 0
    for value in values:
        needed = _GROWTH * len(str(value).encode()) + _QUOTES
        if part and size + needed > _MAX_FIELD:
            yield part
            part, size = [], 0
        part.append(value)
        size += needed
    yield part
