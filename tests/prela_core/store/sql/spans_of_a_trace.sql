SELECT seen.span_id AS span_id, seen.trace_id AS trace_id, seen.parent_span_id AS parent_span_id, seen.name AS name, seen.span_type AS span_type, seen.service_name AS service_name, toUnixTimestamp64Micro(seen.started_at) AS started_at, toUnixTimestamp64Micro(seen.ended_at) AS ended_at, seen.duration_ms AS duration_ms, seen.status AS status, seen.status_message AS status_message, seen.attributes AS attributes, seen.events AS events, seen.links AS links, seen.span_type_sent AS span_type_sent, seen.status_sent AS status_sent, seen.provider AS provider, seen.model AS model, seen.input_tokens AS input_tokens, seen.output_tokens AS output_tokens, seen.cache_read_tokens AS cache_read_tokens, seen.cache_write_tokens AS cache_write_tokens, seen.reasoning_tokens AS reasoning_tokens, seen.cost_usd AS cost_usd, seen.cost_source AS cost_source, seen.price_version AS price_version, seen.session_id AS session_id, seen.user_id AS user_id, seen.agent_name AS agent_name, seen.tool_name AS tool_name, seen.input_text AS input, seen.output_text AS output, seen.ttft_ms AS ttft_ms, seen.environment AS environment, seen.scores AS scores, seen.flags AS flags, toUnixTimestamp64Micro(seen.created_at) AS created_at
FROM (
    SELECT span_id, trace_id, parent_span_id, name, span_type, service_name, started_at, ended_at, duration_ms, status, status_message, attributes, events, links, span_type_sent, status_sent, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, cost_source, price_version, session_id, user_id, agent_name, tool_name, input_text, output_text, ttft_ms, environment, scores, flags, created_at
    FROM spans
    WHERE project_id = {project:String}
    AND trace_id = {trace:String}
    AND toStartOfHour(started_at) IN (
        SELECT toStartOfHour(started_at) AS hour
        FROM spans
        WHERE project_id = {project:String}
        AND trace_hash = cityHash64({trace:String})
        GROUP BY trace_hash, hour
    )
    AND (span_id, version) IN (
        SELECT span_id, version
        FROM (
            SELECT trace_id, span_id, version, started_at
            FROM spans
            WHERE project_id = {project:String}
            AND trace_id = {trace:String}
            AND toStartOfHour(started_at) IN (
                SELECT toStartOfHour(started_at) AS hour
                FROM spans
                WHERE project_id = {project:String}
                AND trace_hash = cityHash64({trace:String})
                GROUP BY trace_hash, hour
            )
            ORDER BY version DESC
            LIMIT 1 BY trace_id, span_id
        )
        ORDER BY started_at, span_id
        LIMIT {limit:UInt64} OFFSET {offset:UInt64}
    )
    ORDER BY version DESC
    LIMIT 1 BY trace_id, span_id
) AS seen
ORDER BY seen.started_at, seen.span_id
-- limit: 9
-- offset: 3
-- project: "p"
-- trace: "t"
