"""Answers kept with their ETags, so that what did not change is not sent again."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Protocol

import attrs

__all__ = ["ETags", "MemoryETags", "Saved", "cache_key"]

_MOST = 256
_LARGEST_BYTES = 4 * 1024 * 1024


@attrs.frozen
class Saved:
    """A body, and what the platform knows it by; either of the two may be empty."""

    etag: str
    last_modified: str
    content_type: str
    body: bytes = attrs.field(repr=False)


class ETags(Protocol):
    """Where they are kept."""

    def get(self, key: str) -> Saved | None:
        """Give what is kept below `key`."""

    def put(self, key: str, saved: Saved) -> None:
        """Keep `saved` in the place of what there was."""


class MemoryETags:
    """Keeps the last 256 that are at most 4 MiB each."""

    def __init__(self) -> None:
        self._saved: OrderedDict[str, Saved] = OrderedDict()

    def get(self, key: str) -> Saved | None:
        """Give what is kept below `key`."""
        if key in self._saved:
            self._saved.move_to_end(key)
        return self._saved.get(key)

    def put(self, key: str, saved: Saved) -> None:
        """Keep `saved`, unless it is too large."""
        if len(saved.body) > _LARGEST_BYTES:
            return
        self._saved[key] = saved
        self._saved.move_to_end(key)
        while len(self._saved) > _MOST:
            self._saved.popitem(last=False)


def cache_key(url: str, authorization: str, accept: str) -> str:
    """Give the key of an answer: GitHub's ETags, for one, change with the token and the form.

    It is a hash, so that no token is kept.
    """
    return hashlib.sha256(f"{url}\n{authorization}\n{accept}".encode()).hexdigest()
