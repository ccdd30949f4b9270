"""Keeping pandas, which no command uses, from being loaded by libraries that look for it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["do_without_pandas"]


def do_without_pandas() -> None:
    """Let there be no pandas for this process, unless it is loaded by now.

    Where it is installed, pyarrow would load it to see whether a list is one of its: half a second
    of CPU and more, for each command and server that stores something.
    """
    # Not by a None among the modules, which what Cython compiled takes for a module.
    sys.meta_path.insert(0, _NoPandas())


class _NoPandas:
    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        del path, target
        if name == "pandas":
            raise ModuleNotFoundError("a command does without pandas", name=name)
        return None
