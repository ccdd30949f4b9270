-- Optional: it makes looking up few traces faster, and changes no answer.
-- The hours of few traces are read in granules of their own size.
-- docs/decisions/0025-hours.md has the measurements.
ALTER TABLE spans DROP PROJECTION IF EXISTS trace_days, DROP PROJECTION IF EXISTS trace_hours, ADD PROJECTION IF NOT EXISTS finer_trace_hours
    (
        SELECT project_id, trace_hash, toStartOfHour(started_at)
        GROUP BY project_id, trace_hash, toStartOfHour(started_at)
    )
    WITH SETTINGS (index_granularity = 256),
    MATERIALIZE PROJECTION finer_trace_hours
