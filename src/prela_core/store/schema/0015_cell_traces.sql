-- Which traces had a row, of any version, in an hour that has cells: what is stored or deleted of
-- them later makes these void.
CREATE TABLE IF NOT EXISTS cell_traces
(
    project_id LowCardinality(String),
    trace_hash UInt64          CODEC(ZSTD(1)),
    started_at DateTime('UTC') CODEC(Delta(4), ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (project_id, trace_hash, started_at)
SETTINGS index_granularity = 1024 $durability
