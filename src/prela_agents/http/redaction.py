"""Keeping secrets out of what people and logs see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from prela_core.emit.secret_texts import FINDERS

__all__ = ["Redaction"]

_MASK = "[redacted]"
_find, _ = FINDERS["secrets"]
_SHORTEST = 6
"""A shorter text would be found in innocent words; no platform's secret is as short."""


class Redaction:
    """Replaces secrets in texts: those it was told of, also quoted, and what looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spelled = {
            spelling
            for secret in secrets
            if len(secret) >= _SHORTEST
            for spelling in (secret, quote(secret, safe=""), quote_plus(secret))
        }
        self._secrets = sorted(spelled, key=len, reverse=True)

    @classmethod
    def of_headers(cls, headers: Mapping[str, str], *more: str) -> Redaction:
        """Take for secret what logins stand in: `Authorization`, its parts, and API keys."""
        found = [
            part
            for name, value in headers.items()
            if name.lower() in {"authorization", "x-api-key", "cookie"}
            for part in (value, *value.split()[1:])  # without the scheme, a common word
        ]
        return cls([*found, *more])

    def __call__(self, text: str) -> str:
        """Give `text` without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return _find(text, _MASK)
