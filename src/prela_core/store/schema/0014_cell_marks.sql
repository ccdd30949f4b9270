-- Until when cells of an hour are void, since something in it changed: those computed later are right.
-- The hour -1 says until when what was stored has been looked through, -2 stands for all hours.
CREATE TABLE IF NOT EXISTS cell_marks
(
    project_id LowCardinality(String),
    hour       Int32,
    until      Int64
)
ENGINE = ReplacingMergeTree(until)
ORDER BY (project_id, hour)
SETTINGS index_granularity = 1024 $durability
