SELECT trace_id, service, first_micros, end_micros, last_micros, trace_status, root, head_name, spans, errors, tokens_in, tokens_out, cost, models, order_value
FROM (
    SELECT trace_id, argMin(service_name, (parent_span_id != '', started_at, span_id)) AS service, min(toUnixTimestamp64Micro(started_at)) AS first_micros, countIf(isNull(ended_at)) AS running, if(running = 0, max(ifNull(toUnixTimestamp64Micro(ended_at), 0)), NULL) AS end_micros, max(greatest(toUnixTimestamp64Micro(started_at), ifNull(toUnixTimestamp64Micro(ended_at), 0))) AS last_micros, countIf(status = 'error') AS errors, multiIf(errors > 0, 'error', running > 0, 'pending', 'success') AS trace_status, if(countIf(parent_span_id = '') > 0, argMin(span_id, (parent_span_id != '', started_at, span_id)), '') AS root, argMin(name, (parent_span_id != '', started_at, span_id)) AS head_name, count() AS spans, countIf(span_type NOT IN ('agent', 'chain') AND (isNotNull(input_tokens) OR isNotNull(output_tokens) OR isNotNull(cost_usd))) > 0 AS leaves_spent, if(leaves_spent, sumIf(ifNull(input_tokens, 0), span_type NOT IN ('agent', 'chain')), sum(ifNull(input_tokens, 0))) AS tokens_in, if(leaves_spent, sumIf(ifNull(output_tokens, 0), span_type NOT IN ('agent', 'chain')), sum(ifNull(output_tokens, 0))) AS tokens_out, if(leaves_spent, sumIf(ifNull(cost_usd, 0), span_type NOT IN ('agent', 'chain')), sum(ifNull(cost_usd, 0))) AS cost, arraySort(groupUniqArrayIf(model, model != '')) AS models, last_micros - first_micros AS order_value
    FROM (
        SELECT trace_id, span_id, parent_span_id, name, service_name, span_type, started_at, ended_at, status, model, input_tokens, output_tokens, cost_usd, user_id, session_id, agent_name, environment, attributes, input_text, output_text, status_message, events
        FROM spans
        WHERE project_id = {project:String}
        AND trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
            AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
            AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
            AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')
        )
        AND toStartOfHour(started_at) IN (
            SELECT toStartOfHour(started_at) AS hour
            FROM spans
            WHERE project_id = {project:String}
            AND trace_hash IN (
                SELECT trace_hash
                FROM spans
                WHERE project_id = {project:String}
                AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
                AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
                AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
                AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')
            )
            GROUP BY hour
        )
        AND trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
            AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
            AND (user_id = {user_id:String})
        )
        AND trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
            AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
            AND (session_id = {session_id:String})
        )
        AND trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
            AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
            AND (service_name = {service_name:String})
        )
        AND trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
            AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
            AND (span_type = {span_type:String})
        )
        AND trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
            AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
            AND (name = {name:String})
        )
        AND trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
            AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
            AND (model = {model:String})
        )
        AND trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
            AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
            AND (agent_name = {agent_name:String})
        )
        AND trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
            AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
            AND (environment = {environment:String})
        )
        AND trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
            AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
            AND (if(JSONType(attributes, {key0:String}) = 'String', JSONExtractString(attributes, {key0:String}) = {value0:String}, JSONLength(concat('[', {value0:String}, ']')) = 1 AND JSONExtractRaw(attributes, {key0:String}) = JSONExtractRaw(concat('[', {value0:String}, ']'), 1)) AND JSONHas(attributes, {key0:String}))
        )
        AND trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
            AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
            AND (if(JSONType(attributes, {key1:String}) = 'String', JSONExtractString(attributes, {key1:String}) = {value1:String}, JSONLength(concat('[', {value1:String}, ']')) = 1 AND JSONExtractRaw(attributes, {key1:String}) = JSONExtractRaw(concat('[', {value1:String}, ']'), 1)) AND JSONHas(attributes, {key1:String}))
        )
        AND trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
            AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
            AND ((positionCaseInsensitiveUTF8(input_text, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(output_text, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(name, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(status_message, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(attributes, {word0_json:String}) > 0 OR positionCaseInsensitiveUTF8(events, {word0_json:String}) > 0) AND (positionCaseInsensitiveUTF8(input_text, {word1:String}) > 0 OR positionCaseInsensitiveUTF8(output_text, {word1:String}) > 0 OR positionCaseInsensitiveUTF8(name, {word1:String}) > 0 OR positionCaseInsensitiveUTF8(status_message, {word1:String}) > 0 OR positionCaseInsensitiveUTF8(attributes, {word1_json:String}) > 0 OR positionCaseInsensitiveUTF8(events, {word1_json:String}) > 0))
        )
        AND trace_id IN (
            SELECT trace_id
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
            AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
            AND (status = 'error')
        )
        ORDER BY version DESC
        LIMIT 1 BY trace_id, span_id
    )
    GROUP BY trace_id
    HAVING trace_status = {trace_status:String}
    AND last_micros - first_micros >= {min_duration_ms:Float64} * 1000
    AND last_micros - first_micros <= {max_duration_ms:Float64} * 1000
    AND countIf(user_id = {user_id:String}) > 0
    AND countIf(session_id = {session_id:String}) > 0
    AND countIf(service_name = {service_name:String}) > 0
    AND countIf(span_type = {span_type:String}) > 0
    AND countIf(name = {name:String}) > 0
    AND countIf(model = {model:String}) > 0
    AND countIf(agent_name = {agent_name:String}) > 0
    AND countIf(environment = {environment:String}) > 0
    AND countIf(if(JSONType(attributes, {key0:String}) = 'String', JSONExtractString(attributes, {key0:String}) = {value0:String}, JSONLength(concat('[', {value0:String}, ']')) = 1 AND JSONExtractRaw(attributes, {key0:String}) = JSONExtractRaw(concat('[', {value0:String}, ']'), 1)) AND JSONHas(attributes, {key0:String})) > 0
    AND countIf(if(JSONType(attributes, {key1:String}) = 'String', JSONExtractString(attributes, {key1:String}) = {value1:String}, JSONLength(concat('[', {value1:String}, ']')) = 1 AND JSONExtractRaw(attributes, {key1:String}) = JSONExtractRaw(concat('[', {value1:String}, ']'), 1)) AND JSONHas(attributes, {key1:String})) > 0
    AND countIf((positionCaseInsensitiveUTF8(input_text, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(output_text, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(name, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(status_message, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(attributes, {word0_json:String}) > 0 OR positionCaseInsensitiveUTF8(events, {word0_json:String}) > 0) AND (positionCaseInsensitiveUTF8(input_text, {word1:String}) > 0 OR positionCaseInsensitiveUTF8(output_text, {word1:String}) > 0 OR positionCaseInsensitiveUTF8(name, {word1:String}) > 0 OR positionCaseInsensitiveUTF8(status_message, {word1:String}) > 0 OR positionCaseInsensitiveUTF8(attributes, {word1_json:String}) > 0 OR positionCaseInsensitiveUTF8(events, {word1_json:String}) > 0)) > 0
    AND countIf(status = 'error') > 0
    AND first_micros >= {lo:Int64}
    AND first_micros <= {hi:Int64}
    AND (order_value, trace_id) > ({after:Int64}, {after_id:String})
    ORDER BY order_value ASC, trace_id ASC
    LIMIT {limit:UInt64}
)
-- after: 3
-- after_id: "a"
-- agent_name: "agent"
-- environment: "prod"
-- hi: 7
-- key0: "tenant"
-- key1: "tier"
-- limit: 9
-- lo: 5
-- max_duration_ms: 2000.0
-- min_duration_ms: 1.5
-- model: "gpt-4o"
-- name: "a name"
-- project: "p"
-- service_name: "svc"
-- session_id: "session"
-- span_type: "llm"
-- trace_status: "error"
-- user_id: "user"
-- value0: "acme"
-- value1: "1"
-- word0: "two"
-- word0_json: "two"
-- word1: "one phrase"
-- word1_json: "one phrase"
