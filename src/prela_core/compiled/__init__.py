"""What is done once for every span and costs the most, compiled; each has a twin in Python.

A function here takes what is usual, does with it what its twin does, and leaves what is not usual
to the twin: escapes that nobody writes, numbers as text, errors and their words. So it knows few of
the rules and none of the tables, and what it gives is the same, which tests hold for whatever is
sent. Where nothing could be compiled, or `PRELA_COMPILED=0` is set, the twins do all.
(docs/decisions/0033-compiled.md)
"""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType

__all__ = ["compiled"]


def compiled(name: str) -> ModuleType | None:
    """Give a module of this room; None where it is not compiled or not wanted."""
    if os.environ.get("PRELA_COMPILED") == "0":
        return None
    try:
        return import_module(f"{__name__}.{name}")
    except ImportError:
        return None
