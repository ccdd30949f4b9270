"""What went into a function and came out of it, copied within bounds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from prela_core.wire.encode import fields_of, json_value

__all__ = ["MAX_CHARACTERS", "MAX_VALUES", "Arguments", "Room", "Yielded"]

MAX_CHARACTERS = 65_536
MAX_VALUES = 2_000
"""Bounds on one captured input or output, so that an argument of a gigabyte costs no more."""

_DEEPEST = 16
_MORE = "…"
_SCALARS = frozenset({int, float, bool, type(None)})


class Room:
    """How much may still be copied. What finds no room becomes an ellipsis."""

    __slots__ = ("_characters", "_values")

    def __init__(self, characters: int = MAX_CHARACTERS, values: int = MAX_VALUES) -> None:
        self._characters = characters
        self._values = values

    @property
    def is_full(self) -> bool:
        """Whether nothing more fits."""
        return self._characters <= 0 or self._values <= 0

    def copy(self, value: Any) -> Any:
        """Copy `value` as `json_value` does, as far as there is room; never raises."""
        return self._copy(value, 0)

    def _copy(self, value: Any, depth: int) -> Any:
        if self.is_full or depth >= _DEEPEST:
            return _MORE
        self._values -= 1
        if type(value) is str:
            return self._text(value)
        if type(value) in _SCALARS:
            return json_value(value)
        try:
            return self._compound(value, depth + 1)
        except Exception as error:  # noqa: BLE001 - an argument's own code must not break a program
            return f"<{type(value).__name__}: {type(error).__name__}>"

    def _compound(self, value: Any, depth: int) -> Any:
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._text(bytes(value[: self._characters]).decode("utf-8", "replace"))
        if not isinstance(value, str):
            fields = fields_of(value)
            if fields is not None:
                copied = {}
                for key, one in fields:
                    if self.is_full:
                        copied[_MORE] = _MORE
                        break
                    copied[self._text(str(key))] = self._copy(one, depth)
                return copied
            if isinstance(value, (Sequence, AbstractSet)):
                items = []
                for one in value:
                    items.append(self._copy(one, depth))
                    if self.is_full:
                        break
                return items
        whole = json_value(value)
        return self._text(whole) if isinstance(whole, str) else whole

    def _text(self, text: str) -> str:
        room = max(self._characters, 0)
        self._characters -= len(text)
        cut = text if len(text) <= room else text[:room] + _MORE
        return str(json_value(cut))


class Arguments:
    """Names the arguments of calls of `function`. `self` and `cls` are left out."""

    __slots__ = ("_names", "_rest", "_skipped")

    def __init__(self, function: Callable[..., Any]) -> None:
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):  # a function that C wrote and says nothing of itself
            parameters = []
        by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        names = [each.name for each in parameters if each.kind in by_place]
        self._skipped = 1 if names[:1] in (["self"], ["cls"]) else 0
        self._names = names[self._skipped :]
        gathers = [each.name for each in parameters if each.kind is each.VAR_POSITIONAL]
        self._rest = gathers[0] if gathers else "args"

    def copied(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Give what was given by name; defaults are left out, for they were not."""
        given = args[self._skipped :]
        said: dict[str, Any] = dict(zip(self._names, given, strict=False))
        rest = given[len(self._names) :]
        if rest:
            said[self._rest] = rest
        said.update(kwargs)
        room = Room()
        return {name: room.copy(value) for name, value in said.items()}


class Yielded:
    """Collects what a generator yields: one text when all of it is text, else a list."""

    __slots__ = ("_items", "_room")

    def __init__(self) -> None:
        self._items: list[Any] = []
        self._room = Room()

    def add(self, item: Any) -> None:
        """Copy one more item, as long as there is room."""
        if not self._room.is_full:
            self._items.append(self._room.copy(item))

    def output(self) -> Any:
        """Give what was collected."""
        if self._items and all(type(item) is str for item in self._items):
            return "".join(self._items)
        return self._items
