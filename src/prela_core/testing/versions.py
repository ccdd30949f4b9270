"""What a store in memory holds of a span, and reading that again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping

import attrs

from prela_core.errors import InvalidError
from prela_core.model import SpanRecord, to_micros
from prela_core.store import Reindexed, ReindexScope, StoredSpan
from prela_core.store.rows import reread, stored_span
from prela_core.store.versions import version_of

__all__ = ["Version", "reread_versions", "version_held"]

_UINT32_MAX = 2**32 - 1


@attrs.frozen
class Version:
    """A span as it is seen, and the number of the version that it is of."""

    number: int
    span: StoredSpan


def version_held(span: SpanRecord, received_at: int) -> Version:
    """Give what is held of a span. Raises `InvalidError` for what no store can hold."""
    refusal = InvalidError("the store can't hold what was sent")
    if not 0 <= span.flags <= _UINT32_MAX:
        raise refusal
    try:
        for value in attrs.astuple(span):
            if isinstance(value, str):
                value.encode()
        return Version(version_of(span, received_at), stored_span(span, received_at))
    except (OverflowError, UnicodeEncodeError) as error:
        raise refusal from error


def reread_versions(
    scope: ReindexScope,
    spans: Mapping[tuple[str, str], MutableMapping[str, Version]],
    *,
    dry_run: bool,
) -> Iterator[Reindexed]:
    """Read `spans`, by project and trace, again by the conventions and prices of now."""
    wanted = [
        (project, held, span_id)
        for (project, _), held in list(spans.items())
        for span_id, version in list(held.items())
        if _in_scope(scope, project, to_micros(version.span.started_at))
    ]
    total, changed = len(wanted), 0
    yield Reindexed(total, 0, 0)
    for looked_at, (project, held, span_id) in enumerate(wanted, 1):
        seen = held[span_id]
        new = reread(project, seen.span, seen.number)
        if new is not None:
            changed += 1
            if not dry_run and held[span_id].number < new.version:
                span = stored_span(new.span, new.received_at, new.typed)
                held[span_id] = Version(new.version, span)
        yield Reindexed(total, looked_at, changed)


def _in_scope(scope: ReindexScope, project: str, started_at: int) -> bool:
    return (
        scope.project_id in {None, project}
        and (scope.start_time is None or started_at >= scope.start_time)
        and (scope.end_time is None or started_at < scope.end_time)
    )
