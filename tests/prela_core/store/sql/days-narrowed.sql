SELECT project_id, toUInt16(toDate(toStartOfHour(started_at))) AS day, count()
FROM spans
WHERE project_id = {project:String}
AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')
GROUP BY project_id, day
ORDER BY project_id, day
-- hi: 8999999
-- lo: 1000000
-- project: "p"
