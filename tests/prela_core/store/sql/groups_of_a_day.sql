SELECT max((trace_id, span_id)).1, max((trace_id, span_id)).2, number
FROM (
    SELECT trace_id, span_id, intDiv(sum(length(attributes) + length(events) + length(input) + length(output) + {row_bytes:UInt64}) OVER (ORDER BY trace_id, span_id), {group_bytes:UInt64}) AS number
    FROM spans
    WHERE project_id = {project:String}
    AND toDate(started_at) = toDate({day:UInt16})
)
GROUP BY number
ORDER BY number
-- day: 3
-- group_bytes: 16777216
-- project: "p"
-- row_bytes: 2000
