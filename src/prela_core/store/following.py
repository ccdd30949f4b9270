"""Following what arrives: each span once when it is first seen, and once when it has ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prela_core.store.results import StoredSpan

__all__ = ["Following"]

_REMEMBERED = 200_000
"""Spans, of which a repeat is told: about 20 MB. A repeat comes soon, or not at all."""


class Following:
    """Tells what is new from what was shown before, also after a lost connection.

    A span is new when it was not shown yet, or was shown while it ran and has ended since. One
    that was sent or stored again is not new. The last 200,000 spans are remembered.
    """

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._remembered = remembered
        self._shown: dict[tuple[str, str], bool] = {}

    def new(self, spans: Iterable[StoredSpan]) -> Iterator[StoredSpan]:
        """Give those of `spans` that are new, in their order."""
        for span in spans:
            key, ended = (span.trace_id, span.span_id), span.ended_at is not None
            known = self._shown.pop(key, None)
            # Put in anew, a key is the last to be forgotten.
            self._shown[key] = ended or bool(known)
            if len(self._shown) > self._remembered:
                del self._shown[next(iter(self._shown))]
            if known is None or (ended and not known):
                yield span
