"""The name and the password that a URL may hold: used where they belong, and shown to nobody."""

from __future__ import annotations

import re

__all__ = ["masked", "without_login"]

_LOGIN = re.compile(r"(?<=//)[^/?#\s]*@")
"""What stands before the host (RFC 3986, section 3.2.1)."""

_PERHAPS_LOGIN = re.compile(r"^(?P<scheme>[a-z0-9+.-]*://)?.*@", re.DOTALL | re.IGNORECASE)


def without_login(url: str) -> str:
    """Give `url` without name and password: it leads to the same place, and may be shown."""
    return _LOGIN.sub("", url)


def masked(text: str) -> str:
    """Give a text that should be a URL and is none, with `***` for what may be a password in it."""
    return _PERHAPS_LOGIN.sub(r"\g<scheme>***@", text)
