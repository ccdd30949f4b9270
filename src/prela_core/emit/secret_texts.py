"""Finding what should not leave the program in a text: keys, e-mails, cards, phone numbers.

Each finder gives its text with what it found replaced. All take time in proportion to the text,
however it is made: most look for a fixed part first, so a text without one costs next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

__all__ = ["FINDERS", "Finder", "by_pattern"]

Finder = Callable[[str, str], str]
"""Takes a text and what to write in the place of what it finds."""


def _starting(literal: str) -> str:
    """Give a pattern for `literal` at the start of a word, also behind an escape as in JSON.

    The literal comes first, so that it is searched for as such: that is much quicker.
    """
    return (
        literal
        + "(?:"
        + "|".join(
            (
                rf"(?<![A-Za-z0-9]{literal})",
                rf"(?<=\\[nrtbf]{literal})",
                rf"(?<=\\x[0-9a-f]{{2}}{literal})",
                rf"(?<=\\u[0-9A-Fa-f]{{4}}{literal})",
            )
        )
        + ")"
    )


_TOKENS: tuple[tuple[str, str], ...] = (
    # A part that the text must hold, and the whole. OpenAI's and Anthropic's begin alike.
    ("prela_sk_", r"prela_sk_[A-Za-z0-9_-]{8,}"),
    ("sk-", _starting("sk-") + r"[A-Za-z0-9_-]{8,}"),
    ("sk_", _starting("sk_") + r"[A-Za-z0-9_-]{8,}"),
    ("AKIA", r"AKIA[A-Z0-9]{16}"),
    ("ASIA", r"ASIA[A-Z0-9]{16}"),
    ("gh", r"gh[oprsu]_[A-Za-z0-9]{20,}"),
    ("github_pat_", r"github_pat_[A-Za-z0-9_]{20,}"),
    ("AIza", r"AIza[A-Za-z0-9_-]{35}"),
    ("ya29.", r"ya29\.[A-Za-z0-9_-]{20,}"),
    ("GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{20,}"),
    ("xox", r"xox[a-z]-[A-Za-z0-9-]{10,}"),
    ("xapp-", r"xapp-[A-Za-z0-9-]{10,}"),
    ("hooks.slack.com/", r"hooks\.slack\.com/services/[A-Za-z0-9/]+"),
    # Each token is found by its head alone: its tail may have been cut off.
    ("eyJ", r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}"),
    (
        "PRIVATE KEY-----",
        r"(?s)-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}-----|\Z)",
    ),
    ("://", r"(?<=://)[^/\s:@]{0,64}:[^/\s@]{1,256}(?=@)"),
)
_COMPILED = tuple((part, re.compile(whole)) for part, whole in _TOKENS)
_BEARER = re.compile(r"(?i)(?:bearer|basic)[ \t]+[A-Za-z0-9._~+/=-]{8,}")

_LOCAL = re.compile(r"[^\s@\"'<>(),:;\[\]\\/=]{1,64}\Z")
_DOMAIN = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")

_DIGITS = re.compile(r"[0-9](?<![0-9][0-9])(?:[ -]?[0-9]){12,}")
_CARD = re.compile(r"3[0-9]|4|5[1-5]|6|2[2-7]")
_CARD_LENGTHS = range(13, 20)
"""Digits of a payment card's number (ISO/IEC 7812-1), of those issuers that there are."""

_PHONE = re.compile(r"(?<![\w.])(?:\+[0-9]|\([0-9]|[0-9])[0-9 ()./-]{6,22}[0-9](?!\w)")
_PHONE_DIGITS = range(8, 16)
"""Digits of a telephone number with its country (ITU-T E.164); shorter ones are anything."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def by_pattern(pattern: str | re.Pattern[str]) -> Finder:
    """Make a finder of what matches `pattern`. Raises `re.error` for one that is none."""
    compiled = re.compile(pattern)
    return lambda text, mask: compiled.sub(lambda _: mask, text)


def _secrets(text: str, mask: str) -> str:
    for part, whole in _COMPILED:
        if part in text:
            text = whole.sub(mask, text)
    low = text.lower()
    return _BEARER.sub(mask, text) if "bearer" in low or "basic" in low else text


def _emails(text: str, mask: str) -> str:
    # From each @ outwards: a pattern that begins with a repetition is quadratic in long words.
    made, done = [], 0
    at = text.find("@")
    while at >= 0:
        local = _LOCAL.search(text, max(done, at - 64), at)
        domain = _DOMAIN.match(text, at + 1)
        if local and domain:
            # The letter of an escape, as in `\\nada@example.org`, is none of the address.
            is_escaped = text[local.start() - 1 : local.start()] == "\\"
            made += [text[done : local.start() + is_escaped], mask]
            done = domain.end()
        at = text.find("@", max(at + 1, done))
    return "".join([*made, text[done:]]) if made else text


def _cards(text: str, mask: str) -> str:
    return _DIGITS.sub(lambda found: _without_cards(found[0], mask), text)


def _without_cards(run: str, mask: str) -> str:
    """Replace the card numbers in `run`, which is digits with single spaces or dashes between."""
    places = [at for at, one in enumerate(run) if one.isdigit()]
    made, done, first = [], 0, 0
    while first < len(places):
        last = _end_of_card(run, places, first)
        if last is None:
            first += 1
            continue
        made += [run[done : places[first]], mask]
        done = places[last] + 1
        first = last + 1
    return "".join([*made, run[done:]])


def _end_of_card(run: str, places: list[int], first: int) -> int | None:
    """Say with which digit the card number ends that begins with digit `first`, if one does.

    It stands between other characters than digits; of two that would do, the longer is taken.
    """
    start = places[first]
    if (start > 0 and run[start - 1].isdigit()) or not _CARD.match(run, start):
        return None
    for length in reversed(_CARD_LENGTHS):
        last = first + length - 1
        if last >= len(places) or run[places[last] + 1 : places[last] + 2].isdigit():
            continue
        if _passes_luhn([int(run[at]) for at in places[first : last + 1]]):
            return last
    return None


def _passes_luhn(digits: list[int]) -> bool:
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004 - of two digits
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _phones(text: str, mask: str) -> str:
    def replaced(found: re.Match[str]) -> str:
        said = found[0]
        digits = sum(one.isdigit() for one in said)
        parts = len(re.findall(r"[0-9]+", said))
        looks_so = digits in _PHONE_DIGITS and (said[0] in "+(" or parts > 2)  # noqa: PLR2004 - written in groups
        return mask if looks_so and not _DATE.match(said) else said

    return _PHONE.sub(replaced, text)


FINDERS: Mapping[str, tuple[Finder, str]] = {
    "secrets": (_secrets, "[secret]"),
    "emails": (_emails, "[e-mail]"),
    "cards": (_cards, "[card]"),
    "phones": (_phones, "[phone]"),
}
"""The finders by what they are for, with what they write by themselves."""
