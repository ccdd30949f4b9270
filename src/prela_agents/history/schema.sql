-- What agents saw over time. Each table replaces rows of the same key by the one with the highest
-- `version`, and is read with FINAL, so that answers are right before any merge.
-- `body` is the whole value as JSON; the other columns are what is asked by, and for people's SQL.

CREATE TABLE IF NOT EXISTS agent_mentions
(
    project_id LowCardinality(String),
    item_key   String,
    product    LowCardinality(String),
    judge      LowCardinality(String),
    relevant   UInt8,
    relevance  Float64,
    intent     LowCardinality(String),
    sentiment  LowCardinality(String),
    platform   LowCardinality(String),
    url        String,
    created_at DateTime64(6, 'UTC'),
    body       String CODEC(ZSTD(3)),
    version    UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, product, item_key, judge);

CREATE TABLE IF NOT EXISTS agent_changes
(
    project_id LowCardinality(String),
    product    LowCardinality(String),
    kind       LowCardinality(String),
    at         DateTime64(6, 'UTC'),
    summary    String,
    body       String CODEC(ZSTD(3)),
    version    UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, product, kind, at, summary);

-- A measure that is missing has version 0, so that it replaces no value.
CREATE TABLE IF NOT EXISTS agent_snapshots
(
    project_id LowCardinality(String),
    product    LowCardinality(String),
    metric     LowCardinality(String),
    at         DateTime64(6, 'UTC'),
    value      Nullable(Float64),
    url        String,
    version    UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, product, metric, at);

CREATE TABLE IF NOT EXISTS agent_reports
(
    project_id LowCardinality(String),
    id         String,
    agent      LowCardinality(String),
    since      DateTime64(6, 'UTC'),
    until      DateTime64(6, 'UTC'),
    sources    Array(String),
    body       String CODEC(ZSTD(3)),
    version    UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, id);
