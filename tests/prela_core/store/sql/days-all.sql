SELECT project_id, toUInt16(toDate(toStartOfHour(started_at))) AS day, count()
FROM spans
GROUP BY project_id, day
ORDER BY project_id, day
