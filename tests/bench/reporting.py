"""Figures as people read them, Markdown, and as programs do, JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

__all__ = ["Report", "table"]

_FEW = 10


class Report:
    """Shows tables as they are taken, and keeps them.

    `program` made them with `options`. A kept report has `tables`: by name a title and rows.
    """

    def __init__(self, program: str, options: Mapping[str, Any]) -> None:
        given = {name: value for name, value in options.items() if name != "json"}
        self._document: dict[str, Any] = {
            "program": program,
            "options": given,
            "machine": machine(),
            "tables": {},
        }
        print(f"{self._document['machine']}\n", flush=True)

    def show(self, name: str, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Print one table, and keep it as `name`."""
        self._document["tables"][name] = {"title": title, "rows": list(rows)}
        print(f"{title}:\n\n{table(rows)}\n", flush=True)

    def keep(self, path: Path | None) -> None:
        """Write all to a file, if one is wanted."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(self._document, indent=1, default=str) + "\n")


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Give rows as a Markdown table, with the columns that any of them has."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    lines += [
        "| " + " | ".join(_shown(row.get(name, "")) for name in columns) + " |" for row in rows
    ]
    return "\n".join(lines)


def machine() -> str:
    """Describe what this ran on."""
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, {_gigabytes():.0f} GiB, chDB {version('chdb')}, "
        f"load average before {os.getloadavg()[0]:.1f}"
    )


def _gigabytes() -> float:
    if sys.platform != "linux":
        return 0.0
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)


def _shown(value: Any) -> str:
    match value:
        case float() if abs(value) < 1:
            return f"{value:.2f}"
        case float() if abs(value) < _FEW:
            return f"{value:.1f}"
        case int() | float():
            return f"{value:,.0f}"
        case _:
            return str(value)
