SELECT count(), groupUniqArray(toUnixTimestamp(toStartOfHour(started_at)))
FROM spans
WHERE project_id = {project:String}
AND trace_id = {trace:String}
AND toStartOfHour(started_at) IN (
    SELECT toStartOfHour(started_at) AS hour
    FROM spans
    WHERE project_id = {project:String}
    AND trace_hash = cityHash64({trace:String})
    GROUP BY trace_hash, hour
)
-- project: "p"
-- trace: "t"
