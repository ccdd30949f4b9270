"""Packages that import a name of theirs when it is first used, so that they stay light."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["names_on_use"]


def names_on_use(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Give a package its `__getattr__` and `__dir__`. `homes` has the module of each name.

    None may be named as a module of the package: once that is imported, it would be in its place.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 - paid for on first use only

        return getattr(import_module(homes[name]), name)

    return get, lambda: sorted(homes)
