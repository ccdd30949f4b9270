"""What is kept and what can be asked: the ports, filters and results."""

from __future__ import annotations

from prela_core.store.arrivals import Arrivals, ArrivalsRequest
from prela_core.store.deletions import (
    MAX_TRACE_IDS,
    Deletion,
    DeletionRequest,
    Deletions,
    DeletionState,
)
from prela_core.store.filters import (
    MAX_LIMIT,
    Order,
    PageRequest,
    SpanFilter,
    SpanOrder,
    TraceFilter,
)
from prela_core.store.groups import GroupOrder, GroupQuery, GroupSummary
from prela_core.store.metrics import (
    Bucket,
    Dimension,
    Measure,
    MetricQuery,
    MetricRow,
    MetricTable,
)
from prela_core.store.port import Reader, Store, Writer
from prela_core.store.reindex import Reindexed, ReindexScope
from prela_core.store.results import (
    OpenTrace,
    Page,
    SearchHit,
    StoredSpan,
    TraceDetail,
    TraceSummary,
    decode_raw,
)

__all__ = [
    "MAX_LIMIT",
    "MAX_TRACE_IDS",
    "Arrivals",
    "ArrivalsRequest",
    "Bucket",
    "Deletion",
    "DeletionRequest",
    "DeletionState",
    "Deletions",
    "Dimension",
    "GroupOrder",
    "GroupQuery",
    "GroupSummary",
    "Measure",
    "MetricQuery",
    "MetricRow",
    "MetricTable",
    "OpenTrace",
    "Order",
    "Page",
    "PageRequest",
    "Reader",
    "ReindexScope",
    "Reindexed",
    "SearchHit",
    "SpanFilter",
    "SpanOrder",
    "Store",
    "StoredSpan",
    "TraceDetail",
    "TraceFilter",
    "TraceSummary",
    "Writer",
    "decode_raw",
]
