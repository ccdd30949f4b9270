SELECT trace_id, argMax(metadata, version)
FROM trace_announcements
WHERE project_id = {project:String}
AND trace_id IN {ids:Array(String)}
GROUP BY trace_id
-- ids: ["a", "b"]
-- project: "p"
