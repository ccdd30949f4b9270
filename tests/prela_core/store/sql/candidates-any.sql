SELECT trace_id, max(toUnixTimestamp64Micro(started_at)) AS bound, cityHash64(trace_id) AS trace_hash, groupUniqArray(toUnixTimestamp(toStartOfHour(started_at))) AS hours, count() AS rows
FROM spans
WHERE project_id = {project:String}
GROUP BY trace_id
ORDER BY bound DESC, trace_id DESC
LIMIT {limit:UInt64}
-- limit: 9
-- project: "p"
