"""Prela in pytest: what the code under test did, to make assertions about and to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prela_core.pytest_plugin.captured import CapturedTrace

__all__ = ["CapturedTrace"]


def __getattr__(name: str) -> Any:
    # pytest imports this package in every run, also where no test asks for a trace.
    if name != "CapturedTrace":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from prela_core.pytest_plugin.captured import CapturedTrace  # noqa: PLC0415 - as above

    return CapturedTrace
