"""Which version of a span is seen: one number, a pure function of the span and its receipt."""

from __future__ import annotations

import zlib

from prela_core.model import SpanRecord

__all__ = ["TIE_BITS", "TIME_BITS", "VERSION_EPOCH", "reread_version", "version_of"]

VERSION_EPOCH = 1_577_836_800_000_000
"""2020-01-01T00:00Z in microseconds; 51 bits from here reach the year 2091."""

TIME_BITS = 51
TIE_BITS = 11


def version_of(span: SpanRecord, received_at: int) -> int:
    """Give the 64-bit version of `span`: of two versions, the larger is seen.

    From the top: 2 bits of completeness, 51 bits of receipt time in microseconds, 11 bits of
    a checksum, so that even two receipts in one microsecond are told apart by what they hold
    and never by their order of arrival.
    """
    since = min(max(received_at - VERSION_EPOCH, 0), (1 << TIME_BITS) - 1)
    tie = zlib.crc32(span.attributes, zlib.crc32(span.events)) & ((1 << TIE_BITS) - 1)
    return span.completeness << TIME_BITS + TIE_BITS | since << TIE_BITS | tie


def reread_version(version: int) -> int:
    """Give the version of a stored row that was read again by changed tables.

    The next number: it beats the row it replaces and any repetition of that, and loses to
    whatever was received later or is more complete, which differs in the bits above the
    checksum. (docs/decisions/0006-reindex.md weighs this against other ways.)
    """
    return version + 1
