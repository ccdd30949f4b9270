SELECT trace_id, max(toUnixTimestamp64Micro(started_at)) AS bound, cityHash64(trace_id) AS trace_hash, groupUniqArray(toUnixTimestamp(toStartOfHour(started_at))) AS hours, count() AS rows
FROM spans
WHERE project_id = {project:String}
AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')
GROUP BY trace_id
ORDER BY bound DESC, trace_id DESC
LIMIT {limit:UInt64}
-- hi: 7
-- limit: 9
-- lo: 5
-- project: "p"
