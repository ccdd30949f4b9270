-- Traces as rows, computed from their spans at each reading, so that repeats never count.
CREATE VIEW IF NOT EXISTS traces AS
SELECT
    project_id,
    trace_id,
    argMin(span_service, (parent != '', span_start, span_id))              AS service_name,
    min(span_start)                                                        AS started_at,
    if(countIf(isNull(span_end)) = 0, max(span_end), NULL)                 AS completed_at,
    date_diff('microsecond', min(span_start),
        max(greatest(span_start, ifNull(span_end, span_start)))) / 1000    AS duration_ms,
    multiIf(countIf(span_status = 'error') > 0, 'error',
        countIf(isNull(span_end)) > 0, 'pending', 'success')               AS status,
    if(countIf(parent = '') > 0,
        argMin(span_id, (parent != '', span_start, span_id)), NULL)        AS root_span_id,
    count()                                                                AS span_count,
    if(any(announced.announced_metadata) = '', '{}',
        any(announced.announced_metadata))                                     AS metadata,
    min(received)                                                          AS created_at
FROM
(
    SELECT project_id, trace_id, span_id, parent_span_id AS parent, service_name AS span_service,
           started_at AS span_start, ended_at AS span_end, status AS span_status,
           created_at AS received
    FROM spans
    ORDER BY version DESC
    LIMIT 1 BY project_id, trace_id, span_id
) AS seen
LEFT JOIN
(
    SELECT project_id, trace_id, argMaxIf(metadata, version, length(metadata) > 2) AS announced_metadata
    FROM trace_announcements
    GROUP BY project_id, trace_id
) AS announced USING (project_id, trace_id)
GROUP BY project_id, trace_id
