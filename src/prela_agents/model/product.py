"""Whom the agents work for, and whom they watch."""

from __future__ import annotations

import attrs

__all__ = ["Product", "Profile"]


@attrs.frozen(kw_only=True)
class Product:
    """A product, and where it is on the net. What is empty is not watched.

    `aliases` are further spellings. `near` are words that a true mention tends to have around it
    and `far` those of other things with the same name. `repository` is `owner/name`, `package`
    a name on PyPI, `feeds` and `pages` addresses, `guild` Discord's id of its server,
    `x_account` its name on X.
    """

    name: str
    aliases: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    far: tuple[str, ...] = ()
    homepage: str = ""
    repository: str = ""
    package: str = ""
    feeds: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    guild: str = ""
    subreddit: str = ""
    x_account: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its other spellings."""
        return (self.name, *self.aliases)


@attrs.frozen(kw_only=True)
class Profile:
    """Us, the competitors, and where to look and to speak.

    `subreddits` and `channels` (Discord's ids) are read; `announce_*` are where Amplifier's
    drafts would go. `docs_url` is where the docs can be read: what stands before `docs/` in the
    address of a page, such as `https://github.com/prela/prela/blob/main/`. `accounts` are our own
    names wherever we speak: what they write is nobody's question.
    """

    us: Product
    competitors: tuple[Product, ...] = ()
    subreddits: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    announce_subreddit: str = ""
    announce_channel: str = ""
    docs_url: str = ""
    accounts: tuple[str, ...] = ()

    def is_ours(self, author: str) -> bool:
        """Say whether `author` is one of us, letter case apart."""
        ours = {each.casefold() for each in (*self.accounts, self.us.x_account) if each}
        return author.casefold() in ours

    @property
    def products(self) -> tuple[Product, ...]:
        """Us first, then the competitors."""
        return (self.us, *self.competitors)
