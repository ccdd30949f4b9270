-- Between which hours the rows of a trace start, in any version: what tells the few traces whose
-- spans may have moved from one day to another. docs/decisions/0013-measures.md says what for.
-- It may say too much, never too little, and no figure is ever read from it.
CREATE TABLE IF NOT EXISTS trace_hours
(
    project_id LowCardinality(String),
    trace_hash UInt64                                          CODEC(ZSTD(1)),
    first_hour SimpleAggregateFunction(min, DateTime('UTC'))   CODEC(ZSTD(1)),
    last_hour  SimpleAggregateFunction(max, DateTime('UTC'))   CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (project_id, trace_hash)
SETTINGS index_granularity = 8192 $durability
