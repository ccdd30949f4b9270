SELECT max((trace_id, span_id)).1, max((trace_id, span_id)).2, number
FROM (
    SELECT trace_id, span_id, intDiv(sum(length(attributes) + length(events) + length(input) + length(output) + {row_bytes:UInt64}) OVER (ORDER BY trace_id, span_id), {group_bytes:UInt64}) AS number
    FROM spans
    WHERE project_id = {project:String}
    AND toDate(started_at) = toDate({day:UInt16})
    AND toDate(started_at) >= toDate(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
    AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
    AND toDate(started_at) <= toDate(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
    AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')
)
GROUP BY number
ORDER BY number
-- day: 3
-- group_bytes: 16777216
-- hi: 8999999
-- lo: 1000000
-- project: "p"
-- row_bytes: 2000
