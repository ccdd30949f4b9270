"""Arguments of `init` that can't be right, said where they are given and not when spans come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from types import MappingProxyType

from prela_core.emit.batcher import Bounds
from prela_core.emit.tail import KeepErrors
from prela_core.errors import SettingsError

__all__ = ["check"]


def check(**arguments: object) -> None:
    """Raise `SettingsError`, in one sentence, for the first that is of a wrong kind."""
    for name, value in arguments.items():
        fits, is_ = _KINDS[name]
        if not fits(value):
            # A key of a wrong type, such as bytes, is a secret all the same.
            shown = f"of type {type(value).__name__}" if name == "api_key" else repr(value)
            raise SettingsError(f"{name} is {is_}, not {shown}")


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _are_functions(value: object) -> bool:
    return isinstance(value, Iterable) and not callable(value) and all(map(callable, value))


def _is_timeout(value: object) -> bool:
    return isinstance(value, (int, float)) and value >= 0


_KINDS: Mapping[str, tuple[Callable[[object], bool], str]] = MappingProxyType(
    {
        "url": (_is_text, "a text such as 'http://127.0.0.1:8000'"),
        "api_key": (_is_text, "a text"),
        "sampler": (
            lambda value: value is None or callable(value),
            "a function of prela_core.emit.samplers, such as ratio(0.1)",
        ),
        "processors": (_are_functions, "a list of functions that take a span and give one"),
        "tail": (
            lambda value: value is None or isinstance(value, KeepErrors),
            "what keep_errors(...) gives",
        ),
        "spill": (
            lambda value: value is None or isinstance(value, (str, PathLike)),
            "the path of a directory",
        ),
        "environment": (_is_text, "a text such as 'production'"),
        "attributes": (
            lambda value: value is None or isinstance(value, Mapping),
            "a mapping of names to values",
        ),
        "flush_timeout": (_is_timeout, "a number of seconds from 0 on"),
        "bounds": (
            lambda value: value is None or isinstance(value, Bounds),
            "a prela_core.emit.batcher.Bounds",
        ),
    }
)
