SELECT trace_id, argMaxIf(metadata, version, length(metadata) > 2)
FROM trace_announcements
WHERE project_id = {project:String}
AND trace_id IN {ids:Array(String)}
GROUP BY trace_id
-- ids: ["a", "b"]
-- project: "p"
