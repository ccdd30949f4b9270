"""Reading the tables of words that the rules go by."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

__all__ = ["pattern", "table"]


def table(name: str) -> Mapping[str, Any]:
    """Give a table of this room by its file's name."""
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def pattern(group: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    """Give one expression for a group: its `words` between borders of words, `signs` anywhere."""
    parts = list(group.get("signs", ()))
    if words := group.get("words"):
        parts.append(rf"\b(?:{'|'.join(words)})\b")
    return re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE | re.MULTILINE)
