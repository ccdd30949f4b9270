SELECT trace_id, span_id, parent_span_id, name, service_name, span_type, toUnixTimestamp64Micro(started_at), toUnixTimestamp64Micro(ended_at), status, model, input_tokens, output_tokens, cost_usd, version, (user_id = {user_id:String}), (status = 'error')
FROM spans
WHERE project_id = {project:String}
AND (toStartOfHour(started_at), trace_id) IN {places:Array(Tuple(DateTime('UTC'), String))}
LIMIT {most:UInt64}
-- most: 3001
-- places: [[3600, "a"], [7200, "b"]]
-- project: "p"
-- user_id: "u"
