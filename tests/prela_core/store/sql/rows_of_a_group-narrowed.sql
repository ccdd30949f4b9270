SELECT seen.span_id AS span_id, seen.trace_id AS trace_id, seen.parent_span_id AS parent_span_id, seen.name AS name, seen.span_type AS span_type, seen.service_name AS service_name, toUnixTimestamp64Micro(seen.started_at) AS started_at, toUnixTimestamp64Micro(seen.ended_at) AS ended_at, seen.duration_ms AS duration_ms, seen.status AS status, seen.status_message AS status_message, seen.attributes AS attributes, seen.events AS events, seen.links AS links, seen.span_type_sent AS span_type_sent, seen.status_sent AS status_sent, seen.provider AS provider, seen.model AS model, seen.input_tokens AS input_tokens, seen.output_tokens AS output_tokens, seen.cache_read_tokens AS cache_read_tokens, seen.cache_write_tokens AS cache_write_tokens, seen.reasoning_tokens AS reasoning_tokens, seen.cost_usd AS cost_usd, seen.cost_source AS cost_source, seen.price_version AS price_version, seen.session_id AS session_id, seen.user_id AS user_id, seen.agent_name AS agent_name, seen.tool_name AS tool_name, seen.input_text AS input, seen.output_text AS output, seen.ttft_ms AS ttft_ms, seen.environment AS environment, seen.scores AS scores, seen.flags AS flags, toUnixTimestamp64Micro(seen.created_at) AS created_at, seen.version
FROM (
    SELECT span_id, trace_id, parent_span_id, name, span_type, service_name, started_at, ended_at, duration_ms, status, status_message, attributes, events, links, span_type_sent, status_sent, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, cost_source, price_version, session_id, user_id, agent_name, tool_name, input_text, output_text, ttft_ms, environment, scores, flags, created_at, version
    FROM spans
    WHERE project_id = {project:String}
    AND toDate(toStartOfHour(started_at)) = toDate({day:UInt16})
    AND toStartOfHour(started_at) >= toDateTime({after_hour:UInt32}, 'UTC')
    AND (toStartOfHour(started_at) > toDateTime({after_hour:UInt32}, 'UTC') OR trace_id >= {after_trace:String})
    AND (toStartOfHour(started_at) > toDateTime({after_hour:UInt32}, 'UTC') OR trace_id > {after_trace:String} OR span_id > {after_span:String})
    AND toStartOfHour(started_at) <= toDateTime({hour:UInt32}, 'UTC')
    AND (toStartOfHour(started_at) < toDateTime({hour:UInt32}, 'UTC') OR trace_id <= {trace:String})
    AND (toStartOfHour(started_at) < toDateTime({hour:UInt32}, 'UTC') OR trace_id < {trace:String} OR span_id <= {span:String})
    AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
    AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
    AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
    AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')
    ORDER BY version DESC
    LIMIT 1 BY toStartOfHour(started_at), trace_id, span_id
) AS seen
-- after_hour: 3600
-- after_span: "s"
-- after_trace: "t"
-- day: 3
-- hi: 8999999
-- hour: 7200
-- lo: 1000000
-- project: "p"
-- span: "v"
-- trace: "u"
