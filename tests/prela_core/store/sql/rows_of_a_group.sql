SELECT seen.span_id, seen.trace_id, seen.parent_span_id, seen.name, seen.span_type, seen.service_name, toUnixTimestamp64Micro(seen.started_at) AS started_at, toUnixTimestamp64Micro(seen.ended_at) AS ended_at, seen.duration_ms, seen.status, seen.status_message, seen.attributes, seen.events, seen.links, seen.span_type_sent, seen.status_sent, seen.provider, seen.model, seen.input_tokens, seen.output_tokens, seen.cache_read_tokens, seen.cache_write_tokens, seen.reasoning_tokens, seen.cost_usd, seen.cost_source, seen.price_version, seen.session_id, seen.user_id, seen.agent_name, seen.tool_name, seen.input, seen.output, seen.ttft_ms, seen.environment, seen.scores, seen.flags, toUnixTimestamp64Micro(seen.created_at) AS created_at, seen.version
FROM (
    SELECT span_id, trace_id, parent_span_id, name, span_type, service_name, started_at, ended_at, duration_ms, status, status_message, attributes, events, links, span_type_sent, status_sent, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, cost_source, price_version, session_id, user_id, agent_name, tool_name, input, output, ttft_ms, environment, scores, flags, created_at, version
    FROM spans
    WHERE project_id = {project:String}
    AND toDate(toStartOfHour(started_at)) = toDate({day:UInt16})
    AND toStartOfHour(started_at) >= toDateTime({after_hour:UInt32}, 'UTC')
    AND (toStartOfHour(started_at) > toDateTime({after_hour:UInt32}, 'UTC') OR trace_id >= {after_trace:String})
    AND (toStartOfHour(started_at) > toDateTime({after_hour:UInt32}, 'UTC') OR trace_id > {after_trace:String} OR span_id > {after_span:String})
    AND toStartOfHour(started_at) <= toDateTime({hour:UInt32}, 'UTC')
    AND (toStartOfHour(started_at) < toDateTime({hour:UInt32}, 'UTC') OR trace_id <= {trace:String})
    AND (toStartOfHour(started_at) < toDateTime({hour:UInt32}, 'UTC') OR trace_id < {trace:String} OR span_id <= {span:String})
    ORDER BY version DESC
    LIMIT 1 BY toStartOfHour(started_at), trace_id, span_id
) AS seen
-- after_hour: 0
-- after_span: ""
-- after_trace: ""
-- day: 3
-- hour: 7200
-- project: "p"
-- span: "v"
-- trace: "u"
