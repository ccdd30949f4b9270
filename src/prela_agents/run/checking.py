"""What a profile can't mean: it would watch nobody or everybody, and say nothing of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from prela_agents.model import Product, Profile

__all__ = ["ADDRESS", "wrong_profile"]

ADDRESS = re.compile(r"https?://[^/\s]")

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_PACKAGE = re.compile(r"[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?")
_NUMBER = re.compile(r"[0-9]+")
_SUBREDDIT = re.compile(r"\w{2,21}")
_ACCOUNT = re.compile(r"\w{1,20}")


def wrong_profile(profile: Profile) -> Iterator[str]:
    """Say what is wrong, a sentence each."""
    yield from _wrong_product("us", profile.us)
    for at, each in enumerate(profile.competitors):
        yield from _wrong_product(f"competitors[{at}]", each)
    called = Counter(each.name.casefold() for each in profile.products)
    for name in sorted(name for name, times in called.items() if times > 1):
        yield f"profile has two products of the name {name!r}: their figures would be one"
    yield from _not(_NUMBER, "channels", profile.channels, "Discord's id of a channel: digits")
    yield from _not(
        _NUMBER, "announce_channel", [profile.announce_channel], "Discord's id of a channel: digits"
    )
    yield from _not(_SUBREDDIT, "subreddits", profile.subreddits, "a name without r/")
    yield from _not(
        _SUBREDDIT, "announce_subreddit", [profile.announce_subreddit], "a name without r/"
    )
    if profile.docs_url and not ADDRESS.match(profile.docs_url):
        yield f"profile.docs_url is an address such as https://…, not {profile.docs_url!r}"


def _wrong_product(where: str, product: Product) -> Iterator[str]:
    if not all(each.strip() for each in product.names):
        yield f"profile.{where} has an empty name or alias, which any text would have in it"
    for field, form, meant in (
        ("repository", _REPOSITORY, "owner/name on GitHub"),
        ("package", _PACKAGE, "a name on PyPI"),
        ("guild", _NUMBER, "Discord's id of a server: digits"),
        ("subreddit", _SUBREDDIT, "a name without r/"),
        ("x_account", _ACCOUNT, "a name without @"),
    ):
        yield from _not(form, f"{where}.{field}", [getattr(product, field)], meant)
    for field, addresses in (
        ("homepage", [product.homepage]),
        ("feeds", product.feeds),
        ("pages", product.pages),
    ):
        for each in addresses:
            if each and not ADDRESS.match(each):
                yield f"profile.{where}.{field} is an address such as https://…, not {each!r}"


def _not(form: re.Pattern[str], where: str, values: Sequence[str], meant: str) -> Iterator[str]:
    for each in values:
        if each and not form.fullmatch(each):
            yield f"profile.{where} is {meant}, not {each!r}"
