-- In which hours each trace has rows, in any version: prela_core.store.fragments reads it to find
-- traces in the key, and to collapse only what may have moved. It is part of each part, so that it
-- is as right as the rows are; parts from before get theirs in the background, and are read until
-- then. docs/decisions/0025-hours.md has the measurements.
ALTER TABLE spans ADD PROJECTION IF NOT EXISTS trace_hours
    (
        SELECT project_id, trace_hash, toStartOfHour(started_at)
        GROUP BY project_id, trace_hash, toStartOfHour(started_at)
    ) WITH SETTINGS (index_granularity = 1024),
    MATERIALIZE PROJECTION trace_hours
