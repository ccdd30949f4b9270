-- The words of the index `words`, copied part by part of `spans` into a form that is searched much
-- faster than the index's own dictionary: prela_core.store.vocabulary fills it and reads it.
-- `part` is the hash of a part's files, so that a copy is as good as the part for as long as there is
-- a part of just these contents; what has none is dropped. Nothing but speed depends on it.
-- docs/decisions/0020-searching.md has the measurements.
CREATE TABLE IF NOT EXISTS vocabulary
(
    part String CODEC(ZSTD(1)),
    kind UInt8  CODEC(ZSTD(1)),
    word String CODEC(LZ4),
    rows UInt32 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (kind, word)
SETTINGS index_granularity = 8192 $durability
