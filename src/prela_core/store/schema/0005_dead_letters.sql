-- What could not be stored, with the reason why: prela_core.bus.letters. `record` is base64.
-- A letter whose record was stored after all is written again, as replayed.
CREATE TABLE IF NOT EXISTS dead_letters
(
    id          String,
    topic       LowCardinality(String),
    at          DateTime64(6, 'UTC'),
    reason      String  CODEC(ZSTD(1)),
    record      String  CODEC(ZSTD(3)),
    is_replayed UInt8
)
ENGINE = ReplacingMergeTree(is_replayed)
ORDER BY id
TTL toDateTime(at) + toIntervalDay(30)
SETTINGS index_granularity = 256 $durability
