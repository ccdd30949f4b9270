"""Where words are found in a span, in plain Python."""

from __future__ import annotations

from prela_core.store import SearchHit, StoredSpan
from prela_core.store.search_plan import hit_from_texts
from prela_core.store.words import SEARCHED_FIELDS
from prela_core.testing.texts import text_of

__all__ = ["hit_of"]


def hit_of(span: StoredSpan, words: list[str]) -> SearchHit:
    """Say where in `span` the first of `words` are, which it holds."""
    texts = {field: text_of(span, field) for field in SEARCHED_FIELDS}
    field, cut, marks = hit_from_texts(texts, words)
    return SearchHit(
        trace_id=span.trace_id,
        span_id=span.span_id,
        name=span.name,
        span_type=span.span_type,
        service_name=span.service_name,
        started_at=span.started_at,
        status=span.status,
        field=field,
        excerpt=cut,
        highlights=marks,
    )
