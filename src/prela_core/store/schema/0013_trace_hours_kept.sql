CREATE MATERIALIZED VIEW IF NOT EXISTS trace_hours_kept TO trace_hours AS
SELECT
    project_id,
    cityHash64(trace_id)           AS trace_hash,
    min(toStartOfHour(started_at)) AS first_hour,
    max(toStartOfHour(started_at)) AS last_hour
FROM spans
GROUP BY project_id, trace_hash
