"""One exporter made of several."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from prela_core.emit.ports import Exporter
from prela_core.errors import UnavailableError
from prela_core.io.process_lock import ProcessLock
from prela_core.model import Span

__all__ = ["Several", "several"]

_REMEMBERED = 50_000

_log = logging.getLogger("prela")
_Key = tuple[str, str, datetime | None]


def several(*exporters: Exporter) -> Several:
    """Give an exporter that hands spans to each of `exporters`, one after the other."""
    return Several(exporters)


class Several:
    """Hands spans to each of `exporters`; what one of them does keeps none from the others.

    When some are unavailable, it raises one `UnavailableError` after all were tried, with the
    longest `retry_after`. Given the same spans again, alone or among others, it gives them only
    to those that did not take them: so it may stand behind one batcher that repeats whole
    batches, and none gets spans twice because another failed. Of spans that some exporter still
    lacks, the last 50,000 are remembered; a caller that gave up on others and sends them again
    after that many repeats them for all.

    What no further attempt can mend is raised after all were tried (as an `ExceptionGroup` when
    there are several such errors), or logged when another attempt is due. An exporter that is
    slow delays the others behind it, and one that is away the batches to come: where that
    matters, give each exporter a batcher of its own, with `exporters`.
    """

    def __init__(self, exporters: Sequence[Exporter]) -> None:
        self.exporters = tuple(exporters)
        self._lock = ProcessLock()
        self._lacking: dict[_Key, frozenset[int]] = {}
        """Of spans that not all have taken: the places of the exporters that lack them."""

    def __call__(self, spans: Sequence[Span]) -> None:
        """Give `spans` to each exporter that did not take them before."""
        away: list[UnavailableError] = []
        faults: list[Exception] = []
        lacking: dict[_Key, set[int]] = {_key(span): set() for span in spans}
        for place, exporter in enumerate(self.exporters):
            wanted = self._wanted(place, spans)
            if not wanted:
                continue
            try:
                exporter(wanted)
            except UnavailableError as error:
                away.append(error)
                for span in wanted:
                    lacking[_key(span)].add(place)
            except Exception as error:  # noqa: BLE001 - whatever one does, the others go on
                faults.append(error)
        self._remember(lacking)
        if away:
            for fault in faults:
                _log.warning("spans were not exported (%s: %s)", type(fault).__name__, fault)
            longest = max(away, key=lambda error: error.retry_after)
            sentence = "; ".join(dict.fromkeys(map(str, away)))
            raise UnavailableError(sentence, longest.retry_after) from longest
        _raise_all(faults)

    def close(self) -> None:
        """Close each exporter that can be closed, whatever the others do."""
        faults: list[Exception] = []
        for exporter in self.exporters:
            close = getattr(exporter, "close", None)
            if close is None:
                continue
            try:
                close()
            except Exception as error:  # noqa: BLE001 - likewise
                faults.append(error)
        _raise_all(faults)

    def _wanted(self, place: int, spans: Sequence[Span]) -> Sequence[Span]:
        with self._lock:
            if not self._lacking:
                return spans
            new = frozenset({place})
            return [span for span in spans if place in self._lacking.get(_key(span), new)]

    def _remember(self, lacking: dict[_Key, set[int]]) -> None:
        with self._lock:
            for key, places in lacking.items():
                self._lacking.pop(key, None)
                if places:
                    self._lacking[key] = frozenset(places)
            while len(self._lacking) > _REMEMBERED:
                del self._lacking[next(iter(self._lacking))]


def _key(span: Span) -> _Key:
    # A span that was sent while it went on is another one when it has ended.
    return span.trace_id, span.span_id, span.ended_at


def _raise_all(errors: list[Exception]) -> None:
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup("several exporters failed", errors)
