SELECT max(key).1, max(key).2, max(key).3, number
FROM (
    SELECT (toUnixTimestamp(toStartOfHour(started_at)), trace_id, span_id) AS key, intDiv(sum(length(attributes) + length(events) + length(input) + input_length + length(output) + output_length + {row_bytes:UInt64}) OVER (ORDER BY key), {group_bytes:UInt64}) AS number
    FROM spans
    WHERE project_id = {project:String}
    AND toDate(toStartOfHour(started_at)) = toDate({day:UInt16})
    AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
    AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
    AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
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
