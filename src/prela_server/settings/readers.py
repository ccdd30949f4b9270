"""From the text of a variable to a value, or to a `ValueError` that says what is wrong.

A sentence begins with the text, quoted; what reads secrets says nothing of the text.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from prela_server.settings.secret import Secret

__all__ = [
    "beginning_with",
    "choice",
    "host",
    "mail_address",
    "origins",
    "path",
    "secret",
    "secret_url",
    "switch",
    "url",
    "whole_number",
    "words",
]

Choice = TypeVar("Choice", bound=StrEnum)

_ON = frozenset({"1", "true", "yes", "on"})
_OFF = frozenset({"0", "false", "no", "off"})
_WHOLE = re.compile(r"[+-]?[0-9]+")
_HOST = re.compile(r"[^\s/:@?#,\[\]]+")


def whole_number(text: str) -> int:
    """Read digits."""
    try:
        if not _WHOLE.fullmatch(text):
            raise ValueError  # noqa: TRY301 - as of too many digits
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def switch(text: str) -> bool:
    """Read on or off, in any of their usual spellings."""
    if text.lower() in _ON:
        return True
    if text.lower() in _OFF:
        return False
    raise ValueError(f"{text!r} is neither true nor false")


def choice(of: type[Choice]) -> Callable[[str], Choice]:
    """Read one of the members of `of`, in upper or lower case."""

    def read(text: str) -> Choice:
        for member in of:
            if member.value.lower() == text.lower():
                return member
        raise ValueError(f"{text!r} is not one of {', '.join(of)}")

    return read


def words(text: str) -> tuple[str, ...]:
    """Read what commas part."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def path(text: str) -> Path:
    """Read a path, which may begin with `~`."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"{text!r} begins with a home directory that nobody knows") from None


def host(rest: str = "") -> Callable[[str], str]:
    """Read the name or the address of a host; `rest` is said of what is more than that."""

    def read(text: str) -> str:
        try:
            ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
        except ValueError:
            if not _HOST.fullmatch(text):
                raise ValueError(f"{text!r} is not the name of a host alone{rest}") from None
        return text

    return read


def url(*schemes: str) -> Callable[[str], str]:
    """Read an address of one of `schemes` that names a host."""

    def read(text: str) -> str:
        if not _is_url(text, schemes):
            raise ValueError(f"{text!r} is not an address that begins with {_or(schemes)}")
        return text

    return read


def origins(text: str) -> tuple[str, ...]:
    """Read origins of pages: scheme, host and perhaps port, parted by commas.

    They come out in lower case, as browsers send them.
    """
    found = words(text)
    for origin in found:
        url("https", "http")(origin)
        if origin.count("/") != 2 or "@" in origin:  # noqa: PLR2004 - those after the scheme
            raise ValueError(f"{origin!r} is more than an origin, which ends with host or port")
    return tuple(map(str.lower, found))


def beginning_with(beginning: str) -> Callable[[str], str]:
    """Read a text that its service begins alike every time."""

    def read(text: str) -> str:
        if not text.startswith(beginning):
            raise ValueError(f"{text!r} does not begin with {beginning}")
        return text

    return read


def mail_address(text: str) -> str:
    """Read an address of mail, perhaps with a name before it."""
    address = parseaddr(text)[1]
    name, _, domain = address.rpartition("@")
    if not name or not domain:
        raise ValueError(f"{text!r} is no address of mail")
    return text


def secret(*beginnings: str, least: int = 1) -> Callable[[str], Secret]:
    """Read a secret of at least so many characters that begins with one of `beginnings`."""

    def read(text: str) -> Secret:
        if beginnings and not text.startswith(beginnings):
            raise ValueError(f"it does not begin with {' or '.join(beginnings)}")
        if len(text) < least:
            raise ValueError(f"it must be at least {least} characters long, not {len(text)}")
        return Secret(text)

    return read


def secret_url(*schemes: str) -> Callable[[str], Secret]:
    """Read an address of one of `schemes` that may hold a password, and need not name a host."""

    def read(text: str) -> Secret:
        if not text.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError(f"it is not an address that begins with {_or(schemes)}")
        return Secret(text)

    return read


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # brackets without an address, or a port that is none
        return False
    return parts.scheme in schemes and bool(parts.hostname) and port != 0


def _or(schemes: tuple[str, ...]) -> str:
    return " or ".join(f"{scheme}://" for scheme in schemes)
