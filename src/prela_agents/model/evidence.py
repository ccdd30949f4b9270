"""What others said or did, with what shows it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

__all__ = ["Change", "ChangeKind", "Claim", "Evidence"]


@attrs.frozen
class Evidence:
    """Words as they stood at `url` when it was fetched."""

    url: str
    quote: str
    fetched_at: datetime


class ChangeKind(StrEnum):
    """What a competitor did."""

    RELEASE = "release"
    """A version that says nothing more."""
    FEATURE = "feature"
    FIX = "fix"
    BREAKING = "breaking"
    DEPRECATION = "deprecation"
    PERFORMANCE = "performance"
    SECURITY = "security"
    PRICING = "pricing"
    LICENSE = "license"
    INTEGRATION = "integration"
    POSITIONING = "positioning"
    """Says something else about itself than before."""
    OTHER = "other"


@attrs.frozen(kw_only=True)
class Change:
    """One thing that is different at a product since `at`. `evidence` is never empty."""

    product: str
    kind: ChangeKind
    summary: str
    at: datetime
    evidence: tuple[Evidence, ...]
    version: str = ""


@attrs.frozen(kw_only=True)
class Claim:
    """A statement about a product that a battle card may make, and the words that carry it.

    `source_hash` is of the whole text that `quote` was taken from. `stale_since` is when that
    source was first seen to be different or gone; None while it stands.
    """

    id: str
    product: str
    text: str
    quote: str
    url: str
    fetched_at: datetime
    expires_at: datetime
    source_hash: str
    stale_since: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Say whether it may be used: neither expired nor stale."""
        return self.stale_since is None and now < self.expires_at
