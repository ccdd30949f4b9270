"""Telling by its name that a value is a secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

__all__ = ["SECRET_NAMES", "names_secret", "without_named"]

SECRET_NAMES: tuple[str, ...] = (
    "access_key",
    "access_token",
    "api_key",
    "auth_token",
    "authorization",
    "client_secret",
    "cookie",
    "credentials",
    "id_token",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "pwd",
    "refresh_token",
    "secret",
    "secret_key",
    "session_token",
    "set_cookie",
)
"""Names of what should not leave a program. The word `token` alone is none: models count them."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BREAK = re.compile(r"[^a-z0-9]+")
_NAMED = re.compile(
    # A name in quotes, which may be escaped where JSON is in JSON, or a bare one.
    r"""(?<!\\)(?P<quote>\\{0,15}["'])(?P<quoted>[^"'\\\s]{1,80})(?P=quote)\s*:\s*"""
    r"""|(?<![\w.-])(?P<bare>[\w.-]{1,80})="""
)
_QUOTE = re.compile(r"""\\*(["'])""")
_UNQUOTED = re.compile(r"""[^\s,;&}\]"']*""")


def names_secret(names: Iterable[str]) -> Callable[[str], bool]:
    """Make a test for keys that hold any of `names`, however it is spelled.

    `api_key` is found in `api_key`, `X-API-Key`, `openaiApiKey`, `apikey` and
    `http.request.header.api-key`.
    """
    wanted = {_flat(name) for name in names} - {""}
    if not wanted:
        return lambda _: False
    # At the beginning of a word, so that `secretary` is one, but `osecret` is not.
    found = re.compile("|".join(f"_{name.replace('_', '_?')}(?:_|$|s(?:_|$))" for name in wanted))
    return lambda key: found.search(f"_{_flat(key)}") is not None


def without_named(text: str, is_secret: Callable[[str], bool], mask: str) -> str:
    """Replace the values that have a secret's name, in JSON or `name=value` within `text`."""
    if ":" not in text and "=" not in text:
        return text

    made, done = [], 0
    found = _NAMED.search(text)
    while found:
        end = found.end()
        if is_secret(found["quoted"] or found["bare"]):
            quote = _QUOTE.match(text, end)
            around = quote[0] if quote else '"' if found["quoted"] else ""
            made += [text[done:end], around, mask, around]
            end = done = _end_of_value(text, end, quote)
        found = _NAMED.search(text, end)
    return "".join([*made, text[done:]]) if made else text


def _end_of_value(text: str, start: int, quote: re.Match[str] | None) -> int:
    """Say where the value that starts at `start` ends: where its quote comes again, or nowhere."""
    if quote is None:
        bare = _UNQUOTED.match(text, start)
        return bare.end() if bare else start
    escapes = len(quote[0]) - 1
    at = text.find(quote[1], quote.end())
    while at >= 0:
        before = at
        while text[before - 1] == "\\" and before > quote.end():
            before -= 1
        if at - before == escapes or (not escapes and (at - before) % 2 == 0):
            return at + 1
        at = text.find(quote[1], at + 1)
    return len(text)


def _flat(key: str) -> str:
    return _BREAK.sub("_", _HUMP.sub("_", key).lower()).strip("_")
