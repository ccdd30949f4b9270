-- Traces as rows, computed from their spans at each reading, so that repeats never count.
CREATE VIEW IF NOT EXISTS traces AS
SELECT
    project_id,
    trace_id,
    argMin(service_name, (parent_span_id != '', started_at, span_id)) AS service_name,
    min(spans_seen.started_at)                                       AS started_at,
    if(countIf(ended_at IS NULL) = 0, max(ended_at), NULL)           AS completed_at,
    date_diff('microsecond', min(spans_seen.started_at),
        max(greatest(spans_seen.started_at, ifNull(ended_at, spans_seen.started_at)))) / 1000
                                                                     AS duration_ms,
    multiIf(countIf(spans_seen.status = 'error') > 0, 'error',
            countIf(ended_at IS NULL) > 0, 'pending', 'success')     AS status,
    argMinIf(span_id, (spans_seen.started_at, span_id), parent_span_id = '') AS root_span_id,
    count()                                                          AS span_count,
    any(announced.metadata)                                          AS metadata,
    min(spans_seen.created_at)                                       AS created_at
FROM
(
    SELECT project_id, trace_id, span_id, parent_span_id, service_name,
           started_at, ended_at, status, created_at
    FROM spans
    ORDER BY version DESC
    LIMIT 1 BY project_id, trace_id, span_id
) AS spans_seen
LEFT JOIN
(
    SELECT project_id, trace_id, argMax(metadata, version) AS metadata
    FROM trace_announcements
    GROUP BY project_id, trace_id
) AS announced USING (project_id, trace_id)
GROUP BY project_id, trace_id
