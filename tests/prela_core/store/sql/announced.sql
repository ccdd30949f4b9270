SELECT argMax(service_name, version), argMax(toUnixTimestamp64Micro(started_at), version), argMaxIf(metadata, version, length(metadata) > 2)
FROM trace_announcements
WHERE project_id = {project:String}
AND trace_id = {trace:String}
GROUP BY trace_id
-- project: "p"
-- trace: "t"
