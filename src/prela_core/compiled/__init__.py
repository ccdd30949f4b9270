"""What is done once for every span and costs the most, compiled; each has a twin in Python.

A function here takes what is usual, does with it what its twin does, and leaves what is not usual
to the twin: escapes that nobody writes, numbers as text, errors and their words. So it knows few of
the rules and none of the tables, and what it gives is the same, which tests hold for whatever is
sent. Where nothing could be compiled, or `PRELA_COMPILED=0` is set, the twins do all.
(docs/decisions/0033-compiled.md)
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

__all__ = ["NAMES", "OFF", "compiled", "why_not"]

NAMES = (
    "buffers",
    "columns",
    "conventions",
    "otlp",
    "otlp_spans",
    "prela_json",
    "prela_record",
    "repair",
    "rules",
)
"""The modules of this room."""
OFF = "PRELA_COMPILED"
"""The variable of the environment whose value 0 turns them off."""

_room = Path(__file__).parent
_UNLOADABLE = (ImportError, ValueError)
"""The second for rules that have no compiled form."""


def compiled(name: str) -> ModuleType | None:
    """Give a module of this room; None where it is not compiled, not wanted or can't be loaded.

    Only that one is loaded, and what it needs: whoever decodes a span pays for no columns.
    """
    if _unfit():
        return None
    try:
        return import_module(f"{__name__}.{name}")
    except _UNLOADABLE:
        return None


def why_not() -> str:
    """Say why not all that is compiled is used; "" where it is. Loads all of it."""
    if fault := _unfit():
        return fault
    for name in NAMES:
        try:
            import_module(f"{__name__}.{name}")
        except _UNLOADABLE as error:
            return f"{name} can't be loaded: {error}"
    return ""


@cache
def _unfit() -> str:
    """Say why none of it may be loaded, by its files.

    It is of one build or not used, for the modules know of each other how their values lie in
    memory. Nor are any used that are older than the sources beside them, as after a change or a
    pull: they would do what those did. (`python hatch_build.py` compiles anew.)
    """
    if os.environ.get(OFF) == "0":
        return f"turned off by {OFF}=0"
    made = list(map(_made, NAMES))
    there = [path for path in made if path is not None]
    if not there:
        return "nothing was compiled when Prela was installed, which takes a C compiler"
    if len(there) < len(NAMES):
        return "some of it was not compiled; install Prela again"
    sources = (*_room.glob("*.pyx"), *_room.glob("*.pxd"))
    newest = max((path.stat().st_mtime for path in sources), default=0.0)
    if min(path.stat().st_mtime for path in there) < newest:
        return "it is older than its sources; install Prela again"
    return ""


def _made(name: str) -> Path | None:
    paths = (_room / f"{name}{end}" for end in EXTENSION_SUFFIXES)
    return next((path for path in paths if path.exists()), None)
