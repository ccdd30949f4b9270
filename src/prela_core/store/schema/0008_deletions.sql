-- What was asked to be deleted, and how far that is: one row for each step that was taken, and none
-- is ever changed (prela_core.store.deletion_log reads them together).
CREATE TABLE IF NOT EXISTS deletions
(
    project_id    LowCardinality(String),
    deletion_id   String,
    asked_at      DateTime64(6, 'UTC'),
    is_everything UInt8,
    said          String                 CODEC(ZSTD(1)),
    at            DateTime64(6, 'UTC'),
    state         LowCardinality(String),
    sweep         UInt16,
    counts        Map(LowCardinality(String), UInt64)
)
ENGINE = MergeTree
ORDER BY (project_id, deletion_id, at)
SETTINGS index_granularity = 256 $durability
