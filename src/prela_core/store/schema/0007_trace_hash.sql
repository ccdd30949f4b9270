-- A short name for a trace, for prela_core.store.fragments; and what lets the table have projections
-- although merges and deletions drop rows: they are built anew then.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS trace_hash UInt64 MATERIALIZED cityHash64(trace_id) CODEC(ZSTD(1)),
    MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild', lightweight_mutation_projection_mode = 'rebuild'
