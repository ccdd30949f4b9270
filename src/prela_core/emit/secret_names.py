"""Telling by its name that a value is a secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

__all__ = ["SECRET_NAMES", "SecretNames"]

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
_BREAK = re.compile(r"[\W_]+")
_SCRIPT = re.compile(r"(?<=[\x00-\x7f])(?=[^\x00-\x7f])|(?<=[^\x00-\x7f])(?=[\x00-\x7f])")
_COLON = re.compile(r"""["']\s*:\s*""")
_EQUALS = re.compile(r"(?<![\w.-])(?P<name>[\w.-]{1,80})=")
_LONGEST = 80
"""Characters of a name: what is longer is none."""
_QUOTE = re.compile(r"""\\*(["'])""")
_UNQUOTED = re.compile(r"""[^\s,;&}\]"']*""")


class SecretNames:
    """Tells of keys whether they hold any of `names`, however it is spelled.

    `api_key` is found in `api_key`, `X-API-Key`, `openaiApiKey`, `apikey` and
    `http.request.header.api-key`.
    """

    def __init__(self, names: Iterable[str]) -> None:
        wanted = {_flat(name) for name in names} - {""}
        # At the beginning of a word: `secrets` is one, `osecret` is not.
        either = "|".join(f"_{name.replace('_', '_?')}s?(?:_|$)" for name in wanted)
        self._found = re.compile(either or r"(?!)")
        self._parts = frozenset(tuple(name.split("_")) for name in wanted)

    def __contains__(self, key: str) -> bool:
        """Tell whether `key` is the name of a secret."""
        return self._found.search(f"_{_flat(key)}") is not None

    def without_values(self, text: str, mask: str) -> str:
        """Replace the values that have a secret's name, in JSON or `name=value` within `text`."""
        low = text.lower()
        if not any(all(part in low for part in parts) for parts in self._parts):
            return text
        if ":" in text:
            text = self._replaced(text, mask, _COLON, _quoted_before)
        return self._replaced(text, mask, _EQUALS, _bare_in) if "=" in text else text

    def _replaced(
        self, text: str, mask: str, sign: re.Pattern[str], name_at: Callable[[re.Match[str]], str]
    ) -> str:
        made, done = [], 0
        found = sign.search(text)
        while found:
            end = found.end()
            if name_at(found) in self and not text.startswith(mask, end):
                quote = _QUOTE.match(text, end)
                around = quote[0] if quote else '"' if sign is _COLON else ""
                made += [text[done:end], around, mask, around]
                end = done = _end_of_value(text, end, quote)
            found = sign.search(text, end)
        return "".join([*made, text[done:]]) if made else text


def _quoted_before(sign: re.Match[str]) -> str:
    """Give the name in quotes, escaped or not, that ends where `sign` begins."""
    before = sign.string[max(0, sign.start() - _LONGEST) : sign.start()].rstrip("\\")
    return before[max(before.rfind('"'), before.rfind("'")) + 1 :]


def _bare_in(sign: re.Match[str]) -> str:
    return sign["name"]


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
    if not key.isascii():
        key = _SCRIPT.sub("_", key)  # in `用户password` either is a word
    return _BREAK.sub("_", _HUMP.sub("_", key).lower()).strip("_")
