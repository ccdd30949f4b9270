"""The tables that are compared: one definition of columns, several keys and sets of indexes."""

from __future__ import annotations

import attrs

__all__ = [
    "DESIGNS",
    "INDEX_SETS",
    "TRACE_DAYS",
    "TRACE_SEEN",
    "Design",
    "loaded_indexes",
    "spans_table",
    "trace_days_view",
    "trace_seen_view",
]


@attrs.frozen
class Design:
    """One way to keep spans. `by_time` keys lead with the start, the others with the trace."""

    letter: str
    key: str
    engine: str = "ReplacingMergeTree(version)"
    granule: int = 8192
    by_time: bool = False
    extra_column: str = ""

    @property
    def table(self) -> str:
        return f"spans_{self.letter}"


DESIGNS = {
    design.letter: design
    for design in (
        Design("A", "project_id, trace_id, span_id"),
        Design(
            "B",
            "project_id, toDate(started_at), trace_id, span_id",
            by_time=True,
            extra_column="trace_hash UInt64 MATERIALIZED cityHash64(trace_id) CODEC(ZSTD(1))",
        ),
        Design("C", "project_id, started_at, trace_id, span_id", engine="MergeTree", by_time=True),
        Design("E", "project_id, trace_id, span_id", granule=1024),
    )
}

_COLUMNS = """
    project_id LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    parent_span_id String CODEC(ZSTD(1)),
    name LowCardinality(String),
    span_type LowCardinality(String),
    service_name LowCardinality(String),
    started_at DateTime64(6,'UTC') CODEC(Delta(8),ZSTD(1)),
    ended_at Nullable(DateTime64(6,'UTC')) CODEC(Delta(8),ZSTD(1)),
    duration_ms Float64 CODEC(ZSTD(1)),
    status LowCardinality(String),
    attributes String CODEC(ZSTD(1)),
    events String CODEC(ZSTD(1)),
    model LowCardinality(String),
    input_tokens UInt32 CODEC(ZSTD(1)),
    output_tokens UInt32 CODEC(ZSTD(1)),
    cost_usd Float64 CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    input String CODEC(ZSTD(1)),
    output String CODEC(ZSTD(1)),
    version UInt64 CODEC(ZSTD(1)),
    created_at DateTime64(6,'UTC') DEFAULT now64(6) CODEC(Delta(8),ZSTD(1))"""

_FSYNC = "fsync_after_insert=1, fsync_part_directory=1"


def _bloom_filter(name: str, column: str) -> str:
    return f"INDEX {name} {column} TYPE bloom_filter(0.01) GRANULARITY 1"


def _text_index(tokenizer: str) -> tuple[str, str]:
    def index(name: str, column: str) -> str:
        return (
            f"INDEX {name} {column} "
            f"TYPE text(tokenizer = {tokenizer}, preprocessor = lower({column}))"
        )

    return index("tx_in", "input"), index("tx_out", "output")


_TRACE = _bloom_filter("ix_trace", "trace_id")
_PEOPLE = (_bloom_filter("ix_user", "user_id"), _bloom_filter("ix_sess", "session_id"))
_LOOKUPS = (_TRACE, *_PEOPLE)

INDEX_SETS: dict[str, tuple[str, ...]] = {
    "none": (),
    "lookups": _LOOKUPS,
    "text:words": (*_LOOKUPS, *_text_index("splitByNonAlpha")),
    "text:cjk": (*_LOOKUPS, *_text_index("asciiCJK")),
    "text:2-grams": (*_LOOKUPS, *_text_index("ngrams(2)")),
}
"""What an insert may build, by name."""


def loaded_indexes(design: Design, *, text: bool) -> tuple[str, ...]:
    """Give the indexes of a loaded design: keys that lead with the trace need none on it."""
    lookups = _LOOKUPS if design.by_time else _PEOPLE
    return (*lookups, *_text_index("asciiCJK")) if text else lookups


def spans_table(name: str, design: Design, indexes: tuple[str, ...]) -> str:
    """Give the statement that makes a table of spans."""
    extra = (design.extra_column,) if design.extra_column else ()
    return (
        f"CREATE TABLE IF NOT EXISTS {name} ({', '.join((_COLUMNS, *extra, *indexes))}) "
        f"ENGINE={design.engine} PARTITION BY toYYYYMM(started_at) "
        f"ORDER BY ({design.key}) TTL toDateTime(started_at) + INTERVAL 3650 DAY DELETE "
        f"SETTINGS index_granularity={design.granule}, {_FSYNC}"
    )


# Design D: one row per day and trace. It only proposes candidates, so that repeats do no harm.
TRACE_DAYS = f"""
CREATE TABLE IF NOT EXISTS trace_days (
    project_id LowCardinality(String),
    day Date,
    trace_id String CODEC(ZSTD(1)),
    first SimpleAggregateFunction(min, DateTime64(6,'UTC')) CODEC(ZSTD(1)),
    last SimpleAggregateFunction(max, DateTime64(6,'UTC')) CODEC(ZSTD(1)),
    any_error SimpleAggregateFunction(max, UInt8),
    models SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
    users SimpleAggregateFunction(groupUniqArrayArray, Array(String)))
ENGINE=AggregatingMergeTree PARTITION BY toYYYYMM(day) ORDER BY (project_id, day, trace_id)
SETTINGS {_FSYNC}"""

# Where a trace has been seen: gives the days to look at, and the traces that are on several.
TRACE_SEEN = f"""
CREATE TABLE IF NOT EXISTS trace_seen (
    project_id LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    day Date CODEC(ZSTD(1)),
    trace_hash UInt64 MATERIALIZED cityHash64(trace_id) CODEC(NONE))
ENGINE=ReplacingMergeTree ORDER BY (project_id, trace_id, day)
SETTINGS index_granularity=512, {_FSYNC}"""


def trace_days_view(table: str) -> str:
    """Give the statement that feeds `trace_days` from inserts into `table`."""
    return f"""
        CREATE MATERIALIZED VIEW IF NOT EXISTS trace_days_mv TO trace_days AS
        SELECT project_id, toDate(started_at) AS day, trace_id,
            min(started_at) AS first, max(started_at) AS last, max(status='error') AS any_error,
            arrayFilter(x->x!='', groupUniqArray(model)) AS models,
            arrayFilter(x->x!='', groupUniqArray(user_id)) AS users
        FROM {table} GROUP BY project_id, day, trace_id"""


def trace_seen_view(table: str) -> str:
    """Give the statement that feeds `trace_seen` from inserts into `table`."""
    return f"""
        CREATE MATERIALIZED VIEW IF NOT EXISTS trace_seen_mv TO trace_seen AS
        SELECT DISTINCT project_id, trace_id, toDate(started_at) AS day FROM {table}"""
