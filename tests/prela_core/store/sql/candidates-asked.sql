SELECT trace_id, least(max(toUnixTimestamp64Micro(started_at)), {hi:Int64}) AS bound, cityHash64(trace_id) AS trace_hash, groupUniqArrayArray([intDiv(least(greatest(toUnixTimestamp(started_at) - 120, 0), 4294967295), 3600) * 3600, intDiv(least(greatest(toUnixTimestamp(started_at) + 120, 0), 4294967295), 3600) * 3600]) AS hours, count() AS rows
FROM spans
WHERE project_id = {project:String}
AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
AND (status = 'error')
AND trace_id IN (
    SELECT trace_id
    FROM spans
    WHERE project_id = {project:String}
    AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
    AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
    AND ((model != '' AND model LIKE {may0_:String}))
)
AND trace_id IN (
    SELECT trace_id
    FROM spans
    WHERE project_id = {project:String}
    AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
    AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
    AND ((span_type = {may1_:String}) AND ((if(JSONType(attributes, {keymay2_:String}) = 'String', JSONExtractString(attributes, {keymay2_:String}) = {valuemay2_:String}, JSONLength(concat('[', {valuemay2_:String}, ']')) = 1 AND JSONExtractRaw(attributes, {keymay2_:String}) = JSONExtractRaw(concat('[', {valuemay2_:String}, ']'), 1)) AND JSONHas(attributes, {keymay2_:String}))))
)
AND trace_id IN (
    SELECT trace_id
    FROM spans
    WHERE project_id = {project:String}
    AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
    AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
    AND (agent_name = {may4_:String})
)
AND trace_id IN (
    SELECT trace_id
    FROM spans
    WHERE project_id = {project:String}
    AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
    AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
    AND (arrayExists(score -> JSONExtractString(score, 'name') = {may5_:String} AND (JSONType(score, 'value') IN ('Int64', 'UInt64', 'Double') AND JSONExtractFloat(score, 'value') >= {may6_:Float64}), JSONExtractArrayRaw(scores)))
)
AND trace_hash IN (
    SELECT trace_hash
    FROM spans
    WHERE project_id = {project:String}
    AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
    AND toStartOfHour(started_at) < toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
    AND trace_hash IN (
        SELECT trace_hash
        FROM spans
        WHERE project_id = {project:String}
        AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
        AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
        AND (status = 'error')
    )
    GROUP BY trace_hash UNION ALL
    SELECT trace_hash
    FROM spans
    WHERE project_id = {project:String}
    AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
    AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
    AND toStartOfHour(started_at) = toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
    AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')
)
GROUP BY trace_id
ORDER BY bound DESC, trace_id DESC
LIMIT {limit:UInt64}
-- hi: 7
-- keymay2_: "env"
-- limit: 9
-- lo: 5
-- may0_: "claude%"
-- may1_: "tool"
-- may4_: "planner"
-- may5_: "ok"
-- may6_: 1.0
-- project: "p"
-- valuemay2_: "prod"
