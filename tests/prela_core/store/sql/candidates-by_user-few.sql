SELECT trace_id, least(maxIf(toUnixTimestamp64Micro(started_at), user_id = {user_id:String}), {hi:Int64}) AS bound, cityHash64(trace_id) AS trace_hash, groupUniqArray(toUnixTimestamp(toStartOfHour(started_at))) AS hours, count() AS rows
FROM spans
WHERE project_id = {project:String}
AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
GROUP BY trace_id
HAVING countIf(user_id = {user_id:String}) > 0
AND min(toUnixTimestamp64Micro(started_at)) <= {hi:Int64}
ORDER BY bound DESC, trace_id DESC
LIMIT {limit:UInt64}
-- hi: 7
-- limit: 9
-- lo: 5
-- project: "p"
-- user_id: "u"
