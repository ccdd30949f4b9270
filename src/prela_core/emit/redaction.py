"""Redaction: spans without what should not leave the program."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from prela_core.emit.secret_names import SECRET_NAMES, SecretNames
from prela_core.emit.secret_texts import FINDERS, Finder, by_pattern
from prela_core.emit.texts import changed, with_texts
from prela_core.model import Span

__all__ = ["Redaction", "redact"]

_OPENS_JSON = frozenset('{["')
_USUAL = ("secrets", "emails", "cards")


class Redaction:
    """A processor that replaces what it is set to find; `redact` makes it.

    Should it ever raise, the span goes on without its contents (`fails_closed`).
    """

    fails_closed = True

    def __init__(
        self, finders: Iterable[tuple[Finder, str]], names: Iterable[str], mask: str
    ) -> None:
        self._finders = tuple(finders)
        self._names = SecretNames(names)
        self._mask = mask

    def __call__(self, span: Span, /) -> Span:
        """Give `span` with nothing left of what is to be found, wherever it stood."""
        return with_texts(span, self._text, self._whole)

    def _text(self, text: str) -> str:
        # What stands behind an escape, as in "\\u00e94111…", is seen for certain without it only.
        if "\\" in text and text.lstrip()[:1] in _OPENS_JSON:
            text = self._json(text)
        text = self._names.without_values(text, self._mask)
        for finder, mask in self._finders:
            text = finder(text, mask)
        return text

    def _json(self, text: str) -> str:
        try:
            document = msgspec.json.decode(text)
        except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
            return text  # cut off, or none after all: looked through as a text it is
        made = changed(document, self._text, self._whole)
        return text if made == document else msgspec.json.encode(made).decode()

    def _whole(self, key: str, value: Any) -> Any:
        kept = value is None or isinstance(value, bool)
        return value if kept or key not in self._names else self._mask


def redact(
    *what: str,
    patterns: str | re.Pattern[str] | Iterable[str | re.Pattern[str]] = (),
    names: str | Iterable[str] = SECRET_NAMES,
    mask: str | None = None,
) -> Redaction:
    """Make a processor that replaces secrets in all texts of a span.

    `what` is any of

    * `secrets`: keys of OpenAI, Anthropic, AWS, GitHub, Google, Slack and Prela, bearer tokens,
      JWTs, private keys in PEM form, and passwords in URLs;
    * `emails`;
    * `cards`: numbers of payment cards, told from others by their check digit;
    * `phones`: what is written as a telephone number, and some things that look like one;

    and the first three if none is given. What matches one of `patterns` is replaced too, and the
    whole value of each attribute whose key holds one of `names` in some spelling, also where JSON
    or `name=value` stands in a text. A kind has its own mark, such as `[e-mail]`, unless
    `mask` is given. Put it before processors that cut texts: half a key is found by nobody.

    Raises `ValueError` for a word that is none of these, and `re.error` for a wrong pattern.
    """
    unknown = sorted(set(what) - set(FINDERS))
    if unknown:
        raise ValueError(f"{unknown[0]!r} can't be redacted by name; {', '.join(FINDERS)} can")
    if isinstance(patterns, (str, re.Pattern)):
        patterns = [patterns]
    if isinstance(names, str):
        names = [names]
    chosen = [FINDERS[one] for one in what or _USUAL]
    ready = [(finder, mask if mask is not None else own) for finder, own in chosen]
    hidden = mask if mask is not None else "[redacted]"
    custom = [(by_pattern(pattern), hidden) for pattern in patterns]
    return Redaction([*ready, *custom], names, hidden)
