-- The traces that each deletion is about, as they were when it was asked. What was received by
-- then is not stored again, however late it comes: docs/decisions/0015-deletion.md.
CREATE TABLE IF NOT EXISTS deleted_traces
(
    project_id  LowCardinality(String),
    trace_id    String               CODEC(ZSTD(1)),
    deletion_id LowCardinality(String),
    asked_at    DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (project_id, trace_id)
SETTINGS index_granularity = 1024 $durability
