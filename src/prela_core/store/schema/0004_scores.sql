-- How well it was done: the JSON list of prela_core.conventions.scores, "" for none.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS scores String CODEC(ZSTD(1)) AFTER environment
