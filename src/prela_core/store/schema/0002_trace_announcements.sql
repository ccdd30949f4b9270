-- The key tells those with metadata from those without, so that no merge lets an announcement
-- without any take the place of one that has some.
-- What clients said of a trace as a whole; its times, status and counts come from its spans.
CREATE TABLE IF NOT EXISTS trace_announcements
(
    project_id   LowCardinality(String),
    trace_id     String               CODEC(ZSTD(1)),
    service_name LowCardinality(String),
    started_at   DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    metadata     String               CODEC(ZSTD(1)),
    attributes   String               CODEC(ZSTD(1)),
    version      UInt64               CODEC(ZSTD(1)),
    created_at   DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(started_at)
ORDER BY (project_id, trace_id, length(metadata) > 2)
SETTINGS index_granularity = 1024 $durability
