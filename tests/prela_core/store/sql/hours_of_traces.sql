SELECT trace_hash, toUnixTimestamp(toStartOfHour(started_at))
FROM spans
WHERE project_id = {project:String}
AND trace_hash IN {hashes:Array(UInt64)}
GROUP BY trace_hash, toStartOfHour(started_at)
-- hashes: [7, 8]
-- project: "p"
