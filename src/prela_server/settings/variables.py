"""What a field of a settings' class is called outside, and how its text is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

__all__ = ["Setting", "Variable", "settings_of", "variable"]

_VARIABLE = "prela.variable"


@attrs.frozen(kw_only=True)
class Variable:
    """The outside of a setting.

    `names` are the environment variables that set it, the first winning over the others; `read`
    makes the value of a text or raises `ValueError`, which quotes the text of no secret; `about`
    is one line for people. A setting with `unused` is read and checked, and nothing asks for it
    yet.
    """

    names: tuple[str, ...]
    read: Callable[[str], Any]
    about: str
    secret: bool = False
    unused: bool = False


@attrs.frozen
class Setting:
    """A field of a settings' class; `path` leads to it from the root, parted by dots."""

    path: str
    field: attrs.Attribute[Any]
    variable: Variable

    def check(self, value: Any) -> None:
        """Raise `ValueError` when `value` can't be used."""
        if self.field.validator is not None:
            self.field.validator(None, self.field, value)

    @property
    def default(self) -> Any:
        """Give the value without any setting."""
        default: Any = self.field.default
        return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type] # a function to the checker, a class when run


def variable(
    *names: str,
    read: Callable[[str], Any],
    about: str,
    secret: bool = False,
    unused: bool = False,
    **options: Any,
) -> Any:
    """Declare a field that the environment variables `names` set; `options` are attrs' own."""
    outside = Variable(names=names, read=read, about=about, secret=secret, unused=unused)
    return attrs.field(metadata={_VARIABLE: outside}, **options)


def settings_of(settings_class: type[attrs.AttrsInstance], at: str = "") -> Iterator[Setting]:
    """Give every setting of a class and of the parts in it, in the order they are declared."""
    attrs.resolve_types(settings_class)
    for field in attrs.fields(settings_class):
        path = f"{at}{field.name}"
        if _VARIABLE in field.metadata:
            yield Setting(path, field, field.metadata[_VARIABLE])
        else:
            yield from settings_of(field.type, f"{path}.")
