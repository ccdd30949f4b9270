SELECT trace_id, least(max(toUnixTimestamp64Micro(started_at)), {hi:Int64}) AS bound, cityHash64(trace_id) AS trace_hash, groupUniqArrayArray([intDiv(least(greatest(toUnixTimestamp(started_at) - 120, 0), 4294967295), 3600) * 3600, intDiv(least(greatest(toUnixTimestamp(started_at) + 120, 0), 4294967295), 3600) * 3600]) AS hours, count() AS rows
FROM spans
WHERE project_id = {project:String}
AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
AND (user_id = {user_id:String})
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
        AND (user_id = {user_id:String})
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
-- limit: 9
-- lo: 5
-- project: "p"
-- user_id: "u"
