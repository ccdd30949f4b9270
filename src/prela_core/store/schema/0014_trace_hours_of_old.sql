-- Of the rows that were there before the view; telling twice changes nothing.
INSERT INTO trace_hours
SELECT
    project_id,
    cityHash64(trace_id)           AS trace_hash,
    min(toStartOfHour(started_at)) AS first_hour,
    max(toStartOfHour(started_at)) AS last_hour
FROM spans
GROUP BY project_id, trace_hash
