"""What is done once for every span and costs the most, compiled; each has a twin in Python.

A function here takes what is usual, does with it what its twin does, and leaves what is not usual
to the twin: escapes that nobody writes, numbers as text, errors and their words. So it knows few of
the rules and none of the tables, and what it gives is the same, which tests hold for whatever is
sent. Where nothing could be compiled, or `PRELA_COMPILED=0` is set, the twins do all.
(docs/decisions/0033-compiled.md)
"""

from __future__ import annotations

import logging
import os
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

__all__ = ["NAMES", "OFF", "compiled"]

NAMES = (
    "buffers",
    "columns",
    "conventions",
    "otlp",
    "otlp_spans",
    "prela_json",
    "prela_record",
    "rules",
)
"""The modules of this room."""
OFF = "PRELA_COMPILED"
"""The variable of the environment whose value 0 turns them off."""

_log = logging.getLogger(__name__)
_room = Path(__file__).parent


def compiled(name: str) -> ModuleType | None:
    """Give a module of this room; None where it is not compiled or not wanted.

    Nor is one wanted that is older than the sources beside it, as after a change or a pull: it
    would do what they did. `python hatch_build.py` compiles anew.
    """
    if os.environ.get(OFF) == "0":
        return None
    made = next(
        (path for end in EXTENSION_SUFFIXES if (path := _room / f"{name}{end}").exists()), None
    )
    if made is None:
        return None
    sources = (*_room.glob("*.pyx"), *_room.glob("*.pxd"))
    if any(path.stat().st_mtime > made.stat().st_mtime for path in sources):
        _log.warning("%s is older than its sources, and not used; install Prela again", made.name)
        return None
    try:
        return import_module(f"{__name__}.{name}")
    except (ImportError, ValueError) as error:  # which it is for rules that have no compiled form
        _log.warning("%s can't be used, Python does what it would: %s", made.name, error)
        return None
