-- When the row was given to the store, by the writer's clock; 1970 for rows from before.
-- Who follows what arrives goes by it: docs/decisions/0016-following.md.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS stored_at DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)) AFTER created_at,
    ADD INDEX IF NOT EXISTS stored_at_range stored_at TYPE minmax GRANULARITY 1
