"""Whose an item is, and a release as a change: what Sentinel reports and Radar draws."""

from __future__ import annotations

from datetime import datetime

from prela_agents.model import (
    Change,
    ChangeKind,
    Evidence,
    Item,
    ItemKind,
    Platform,
    Product,
    Profile,
)

__all__ = ["is_told", "maker_of", "release_of", "version_of"]

_TOLD = frozenset({ItemKind.RELEASE, ItemKind.ARTICLE, ItemKind.PAGE})


def is_told(item: Item) -> bool:
    """Say whether a product's makers say it: a release, a feed's entry or a page of theirs."""
    return item.kind in _TOLD


def maker_of(item: Item, profile: Profile) -> Product | None:
    """Give the product whose repository, package, feed or page the item is from."""
    for product in profile.products:
        theirs: tuple[str, ...] = {
            Platform.GITHUB: (product.repository,),
            Platform.PYPI: (product.package,),
            Platform.FEED: product.feeds,
            Platform.WEB: product.pages,
        }.get(item.platform, ())
        if item.where and item.where in theirs:
            return product
    return None


def version_of(item: Item) -> str:
    """Give an item's version without the `v` that some write before it; empty for none."""
    version = item.extra.get("version", "")
    return version[1:] if version[:1] in {"v", "V"} and version[1:2].isdigit() else version


def release_of(item: Item, product: Product, fetched_at: datetime) -> Change | None:
    """Give the bare fact that a version came out; None for what is none, or a trial version.

    The same version gives the same change wherever it is told, but for its time.
    """
    version = version_of(item)
    if not version or item.extra.get("prerelease") or item.extra.get("yanked"):
        return None
    return Change(
        product=product.name,
        kind=ChangeKind.RELEASE,
        summary=f"Released {version}.",
        at=item.created_at,
        evidence=(Evidence(item.url, item.title, fetched_at),),
        version=version,
    )
