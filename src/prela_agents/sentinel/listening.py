"""Whether somebody speaks of a competitor at all."""

from __future__ import annotations

from collections.abc import Iterator

from prela_agents.model import Item, Product, Profile
from prela_agents.naming import names
from prela_agents.releasing import maker_of

__all__ = ["spoken_of"]


def spoken_of(item: Item, profile: Profile) -> Iterator[tuple[Product, bool]]:
    """Give the competitors that `item` may be about, and whether its place says so by itself.

    What stands in a product's own issues is about it, whether it names it or not.
    """
    at_home = maker_of(item, profile)
    for product in profile.competitors:
        if product is at_home:
            yield product, True
        elif names(item.words, product):
            yield product, False
