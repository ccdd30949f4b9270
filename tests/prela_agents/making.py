"""Values for tests, of which only what matters need be said."""

from __future__ import annotations

from typing import Any

import attrs

from prela_agents.model import Claim, Cursor, Draft, DraftKind, Item, ItemKind, Page, Platform
from prela_core.testing.factories import NOON

ITEM = Item(
    platform=Platform.REDDIT,
    id="t3_1",
    kind=ItemKind.POST,
    url="https://reddit.test/t3_1",
    created_at=NOON,
    source="reddit:search/prela",
    where="python",
    author="ada",
    title="Prela loses spans",
    text="How do I flush?",
    points=3,
    extra={"flair": "help"},
)
DRAFT = Draft(
    id="d" * 32,
    agent="scout",
    platform=Platform.DISCORD,
    kind=DraftKind.NOTE,
    about=ITEM.key,
    where="42",
    parts=("Call flush().",),
    created_at=NOON,
    note="ada asks how to flush",
)


def item(id: str = "t3_1", **changes: Any) -> Item:  # noqa: A002 - the field's name
    return attrs.evolve(ITEM, **({"id": id, "url": f"https://reddit.test/{id}"} | changes))


def page(*items: Item, cursor: str = "c1") -> Page[Item]:
    return Page(items, Cursor(cursor))


def draft(id: str = DRAFT.id, **changes: Any) -> Draft:  # noqa: A002 - the field's name
    return attrs.evolve(DRAFT, id=id, **changes)


def claim(id: str = "c1", **changes: Any) -> Claim:  # noqa: A002 - the field's name
    values: dict[str, Any] = {
        "product": "rival",
        "text": "Rival has no search.",
        "quote": "search is not there yet",
        "url": "https://rival.test/docs",
        "fetched_at": NOON,
        "expires_at": NOON.replace(year=NOON.year + 1),
        "source_hash": "h1",
    }
    return Claim(id=id, **(values | changes))
