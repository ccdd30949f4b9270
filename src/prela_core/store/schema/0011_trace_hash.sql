-- Sets of traces are compared by this number: a collision makes one more suspect, never one less.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS trace_hash UInt64 MATERIALIZED cityHash64(trace_id)
