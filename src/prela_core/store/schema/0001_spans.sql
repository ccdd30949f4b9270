-- One row for each received version of a span; readers see the one with the largest version.
-- docs/decisions/0001-store-schema.md and 0025-hours.md have the measurements behind the key and the
-- indexes.
CREATE TABLE IF NOT EXISTS spans
(
    project_id          LowCardinality(String),
    trace_id            String                         CODEC(ZSTD(1)),
    span_id             String                         CODEC(ZSTD(1)),
    parent_span_id      String                         CODEC(ZSTD(1)),
    name                LowCardinality(String),
    span_type           LowCardinality(String),
    span_type_sent      LowCardinality(String),
    service_name        LowCardinality(String),
    started_at          DateTime64(6, 'UTC')           CODEC(Delta(8), ZSTD(1)),
    ended_at            Nullable(DateTime64(6, 'UTC')) CODEC(Delta(8), ZSTD(1)),
    duration_ms         Float64                        CODEC(ZSTD(1)),
    status              LowCardinality(String),
    status_sent         LowCardinality(String),
    status_message      String                         CODEC(ZSTD(1)),
    attributes          String                         CODEC(ZSTD(1)),
    events              String                         CODEC(ZSTD(1)),
    links               String                         CODEC(ZSTD(1)),

    provider            LowCardinality(String),
    model               LowCardinality(String),
    input_tokens        Nullable(UInt64)               CODEC(ZSTD(1)),
    output_tokens       Nullable(UInt64)               CODEC(ZSTD(1)),
    cache_read_tokens   Nullable(UInt64)               CODEC(ZSTD(1)),
    cache_write_tokens  Nullable(UInt64)               CODEC(ZSTD(1)),
    reasoning_tokens    Nullable(UInt64)               CODEC(ZSTD(1)),
    cost_usd            Nullable(Float64)              CODEC(ZSTD(1)),
    cost_source         LowCardinality(String),
    price_version       LowCardinality(String),
    session_id          String                         CODEC(ZSTD(1)),
    user_id             String                         CODEC(ZSTD(1)),
    agent_name          LowCardinality(String),
    tool_name           LowCardinality(String),
    input               String                         CODEC(ZSTD(1)),
    output              String                         CODEC(ZSTD(1)),
    ttft_ms             Nullable(Float64)              CODEC(ZSTD(1)),
    environment         LowCardinality(String),

    flags               UInt32                         CODEC(ZSTD(1)),
    conventions_version UInt16                         CODEC(ZSTD(1)),
    version             UInt64                         CODEC(ZSTD(1)),
    created_at          DateTime64(6, 'UTC')           CODEC(Delta(8), ZSTD(1)),

    INDEX trace_id_filter   trace_id   TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX user_id_filter    user_id    TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX session_id_filter session_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(started_at)
ORDER BY (project_id, toStartOfHour(started_at), trace_id, span_id)
SETTINGS index_granularity = 256, min_bytes_for_wide_part = 262144, min_rows_for_wide_part = 20000 $durability
