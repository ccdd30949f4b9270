"""Battle cards and the positioning page: of the ledger's claims, and of nothing else.

They are made again from the ledger whenever somebody asks, so a claim whose source changed is off
the card at once; `ledger_digest` says whether a card that was written down is still this one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from prela_agents.amplifier.topics import Topic
from prela_agents.model import Claim, Product

__all__ = ["battle_card", "ledger_digest", "positioning_page"]


def ledger_digest(claims: Sequence[Claim], now: datetime) -> str:
    """Give a short text that is another one as soon as another set of claims is good."""
    good = sorted(f"{each.id} {each.source_hash}" for each in claims if each.is_good(now))
    return hashlib.sha256("\n".join(good).encode()).hexdigest()[:12]


def battle_card(product: Product, claims: Sequence[Claim], now: datetime) -> str:
    """Give the card of `product` as Markdown: what stands, and what no longer does and why.

    `claims` are the ledger's; those about others are passed over.
    """
    theirs = [each for each in claims if each.product == product.name]
    good = [each for each in theirs if each.is_good(now)]
    off = [each for each in theirs if not each.is_good(now)]
    blocks = [
        f"# {product.name}: battle card",
        f"As of {now:%d %B %Y}, of the claim ledger alone: what {product.name} says of itself.",
    ]
    blocks += ["## What it says of itself", *map(_standing, good)] if good else [_EMPTY]
    if off:
        blocks += ["## No longer to be used", *(_fallen(each) for each in off)]
    return "\n\n".join(blocks) + "\n"


_EMPTY = "Nothing in the ledger stands: read its pages again before you say anything about it."


def _standing(claim: Claim) -> str:
    """Give a claim with its quote, which is all of it where no model put it in other words."""
    quoted = "" if claim.quote in claim.text else f"  > {claim.quote}\n\n"
    said = f"“{claim.quote}”" if claim.quote in claim.text else claim.text
    return (
        f"- {said}\n\n{quoted}"
        f"  {claim.url}, read {claim.fetched_at:%d %B %Y}, good until {claim.expires_at:%d %B %Y}"
    )


def _fallen(claim: Claim) -> str:
    why = (
        f"expired on {claim.expires_at:%d %B %Y}"
        if claim.stale_since is None
        else f"its source changed, seen {claim.stale_since:%d %B %Y}"
    )
    return f"- ~~“{claim.quote}”~~ ({why}; {claim.url})"


def positioning_page(
    us: Product, ours: Sequence[Topic], claims: Sequence[Claim], now: datetime
) -> str:
    """Give a page that sets what our docs say beside what others say of themselves."""
    good = [each for each in claims if each.is_good(now) and each.product != us.name]
    blocks = [
        f"# {us.name}, and what else there is",
        f"As of {now:%d %B %Y}: what our docs say, and what others say of themselves.",
        f"## What {us.name} is documented to do",
    ]
    blocks.append("\n".join(f"- {each.headline} ({each.address})" for each in ours))
    for name in sorted({each.product for each in good}):
        blocks += [f"## {name}", *(_standing(each) for each in good if each.product == name)]
    return "\n\n".join(blocks) + "\n"
