from __future__ import annotations

import attrs

from prela_core.model import Span
from prela_core.testing import NOON, MemoryExporter

SPAN = Span(trace_id="t", span_id="a", started_at=NOON)
OTHERS = [attrs.evolve(SPAN, trace_id="u", span_id="b"), attrs.evolve(SPAN, span_id="c")]


def test_it_keeps_what_it_is_given_in_that_order() -> None:
    exporter = MemoryExporter()
    exporter([SPAN])
    exporter(OTHERS)

    assert [SPAN, *OTHERS] == exporter.spans
    assert {"t": [SPAN, OTHERS[1]], "u": [OTHERS[0]]} == exporter.traces()
    assert ["t", "u"] == list(exporter.traces())


def test_what_it_gives_is_the_askers_own() -> None:
    exporter = MemoryExporter()
    exporter([SPAN])
    exporter.spans.clear()

    assert [SPAN] == exporter.spans
    exporter.clear()
    assert ([], {}) == (exporter.spans, exporter.traces())
