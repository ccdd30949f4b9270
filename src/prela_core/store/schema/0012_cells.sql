-- What the visible spans that start in an hour come to, by one field at a time: computed anew as a
-- whole, and true as of a moment (prela_core.store.cells). Nothing depends on a cell being there.
-- A row of the dimension 'hours' is written last, and says which fields the hour has cells for.
-- Times are negated and sorted, as the nearest rank is read from them: metric_queries.
CREATE TABLE IF NOT EXISTS cells
(
    project_id           LowCardinality(String),
    dimension            LowCardinality(String),
    started_at           DateTime('UTC')        CODEC(Delta(4), ZSTD(1)),
    value                String                 CODEC(ZSTD(1)),
    generation           UInt64                 CODEC(ZSTD(1)),
    valid_at             Int64                  CODEC(ZSTD(1)),
    kept                 Array(LowCardinality(String)),
    spans                UInt64                 CODEC(ZSTD(1)),
    errors               UInt64                 CODEC(ZSTD(1)),
    cost                 Int128                 CODEC(ZSTD(1)),
    input_tokens         UInt64                 CODEC(ZSTD(1)),
    output_tokens        UInt64                 CODEC(ZSTD(1)),
    total_tokens         UInt64                 CODEC(ZSTD(1)),
    cache_read_tokens    UInt64                 CODEC(ZSTD(1)),
    cache_write_tokens   UInt64                 CODEC(ZSTD(1)),
    reasoning_tokens     UInt64                 CODEC(ZSTD(1)),
    duration_known       UInt64                 CODEC(ZSTD(1)),
    duration_sum         Int128                 CODEC(ZSTD(1)),
    duration_min         Float64                CODEC(ZSTD(1)),
    duration_max         Float64                CODEC(ZSTD(1)),
    duration_percentiles Array(Float64)         CODEC(ZSTD(1)),
    duration_values      Array(Float64)         CODEC(ZSTD(1)),
    ttft_known           UInt64                 CODEC(ZSTD(1)),
    ttft_sum             Int128                 CODEC(ZSTD(1)),
    ttft_min             Float64                CODEC(ZSTD(1)),
    ttft_max             Float64                CODEC(ZSTD(1)),
    ttft_percentiles     Array(Float64)         CODEC(ZSTD(1)),
    ttft_values          Array(Float64)         CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (project_id, dimension, started_at, value)
SETTINGS index_granularity = 1024 $durability
