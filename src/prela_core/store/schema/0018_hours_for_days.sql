-- A store from before knows on which days its traces have rows, and is told in which hours.
ALTER TABLE spans DROP PROJECTION IF EXISTS trace_days, ADD PROJECTION IF NOT EXISTS trace_hours
    (
        SELECT project_id, trace_hash, toStartOfHour(started_at)
        GROUP BY project_id, trace_hash, toStartOfHour(started_at)
    ) WITH SETTINGS (index_granularity = 1024),
    MATERIALIZE PROJECTION trace_hours
