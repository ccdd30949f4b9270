"""Loading the embedded engine, without what Prela does not ask it for."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

__all__ = ["load_engine"]

_ARROW = "pyarrow"


def load_engine() -> None:
    """Import chDB, but pyarrow, and numpy with it, only for who uses it.

    chDB imports it for forms of answers that a question does not ask for, and it takes as long as
    the engine takes to open.
    """
    if _ARROW in sys.modules or find_spec(_ARROW) is None:
        import_module("chdb.state")
        return
    later = _Later(_ARROW)
    sys.modules[_ARROW] = later
    try:
        import_module("chdb.state")
    finally:
        later.leave()


class _Later(ModuleType):
    """Stands for a module until something of it is asked for."""

    def leave(self) -> None:
        """Have whoever imports the module from now on get the module itself."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]

    def __getattr__(self, name: str) -> Any:
        self.leave()
        return getattr(import_module(self.__name__), name)
