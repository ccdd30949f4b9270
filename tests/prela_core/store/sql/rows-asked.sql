SELECT trace_id, service, first_micros, end_micros, last_micros, trace_status, root, head_name, spans, errors, tokens_in, tokens_out, cost, models, order_value
FROM (
    SELECT trace_id, argMin(service_name, (parent_span_id != '', started_at, span_id)) AS service, min(toUnixTimestamp64Micro(started_at)) AS first_micros, countIf(isNull(ended_at)) AS running, if(running = 0, max(ifNull(toUnixTimestamp64Micro(ended_at), 0)), NULL) AS end_micros, max(greatest(toUnixTimestamp64Micro(started_at), ifNull(toUnixTimestamp64Micro(ended_at), 0))) AS last_micros, countIf(status = 'error') AS errors, multiIf(errors > 0, 'error', running > 0, 'pending', 'success') AS trace_status, if(countIf(parent_span_id = '') > 0, argMin(span_id, (parent_span_id != '', started_at, span_id)), '') AS root, argMin(name, (parent_span_id != '', started_at, span_id)) AS head_name, count() AS spans, countIf(span_type NOT IN ('agent', 'chain') AND (isNotNull(input_tokens) OR isNotNull(output_tokens) OR isNotNull(cost_usd))) > 0 AS leaves_spent, if(leaves_spent, sumIf(ifNull(input_tokens, 0), span_type NOT IN ('agent', 'chain')), sum(ifNull(input_tokens, 0))) AS tokens_in, if(leaves_spent, sumIf(ifNull(output_tokens, 0), span_type NOT IN ('agent', 'chain')), sum(ifNull(output_tokens, 0))) AS tokens_out, if(leaves_spent, sumIf(ifNull(cost_usd, 0), span_type NOT IN ('agent', 'chain')), sum(ifNull(cost_usd, 0))) AS cost, arraySort(groupUniqArrayIf(model, model != '')) AS models, first_micros AS order_value
    FROM (
        SELECT trace_id, span_id, parent_span_id, name, service_name, span_type, started_at, ended_at, status, model, input_tokens, output_tokens, cost_usd, input_text, output_text, status_message, attributes, events, agent_name, scores
        FROM spans
        WHERE project_id = {project:String}
        AND (toStartOfHour(started_at), trace_id) IN {places:Array(Tuple(DateTime('UTC'), String))}
        ORDER BY version DESC
        LIMIT 1 BY trace_id, span_id
    )
    GROUP BY trace_id
    HAVING first_micros >= {lo:Int64}
    AND first_micros <= {hi:Int64}
    AND ((trace_status = {asked0_:String}) AND (last_micros - first_micros > {asked1_:Int64}) AND (if(leaves_spent, sumIf(toInt64(round(least(ifNull(cost_usd, 0), 9e9) * 1e9)), span_type NOT IN ('agent', 'chain')), sum(toInt64(round(least(ifNull(cost_usd, 0), 9e9) * 1e9)))) < {asked2_:Int64}) AND (countIf((model != '' AND model LIKE {asked3_:String})) > 0) AND (NOT (countIf((positionCaseInsensitiveUTF8(input_text, {asked4_0:String}) > 0 OR positionCaseInsensitiveUTF8(output_text, {asked4_0:String}) > 0 OR positionCaseInsensitiveUTF8(name, {asked4_0:String}) > 0 OR positionCaseInsensitiveUTF8(status_message, {asked4_0:String}) > 0 OR positionCaseInsensitiveUTF8(attributes, {asked4_0_json:String}) > 0 OR positionCaseInsensitiveUTF8(events, {asked4_0_json:String}) > 0)) > 0)) AND (countIf((span_type = {asked6_:String}) AND ((if(JSONType(attributes, {keyasked7_:String}) = 'String', JSONExtractString(attributes, {keyasked7_:String}) = {valueasked7_:String}, JSONLength(concat('[', {valueasked7_:String}, ']')) = 1 AND JSONExtractRaw(attributes, {keyasked7_:String}) = JSONExtractRaw(concat('[', {valueasked7_:String}, ']'), 1)) AND JSONHas(attributes, {keyasked7_:String}))) AND ((parent_span_id != span_id AND (trace_id, parent_span_id) IN (
        SELECT trace_id, span_id
        FROM (
            SELECT cost_usd, span_type, model, input_text, output_text, name, status_message, attributes, events, agent_name, trace_id, span_id, parent_span_id
            FROM spans
            WHERE project_id = {project:String}
            AND (toStartOfHour(started_at), trace_id) IN {places:Array(Tuple(DateTime('UTC'), String))}
            ORDER BY version DESC
            LIMIT 1 BY trace_id, span_id
        )
        WHERE agent_name = {asked9_:String}
    )))) > 0) AND (countIf(NOT (arrayExists(score -> JSONExtractString(score, 'name') = {asked10_:String} AND (JSONType(score, 'value') IN ('Int64', 'UInt64', 'Double') AND JSONExtractFloat(score, 'value') >= {asked11_:Float64}), JSONExtractArrayRaw(scores)))) = 0))
    ORDER BY order_value DESC, trace_id DESC
    LIMIT {limit:UInt64}
)
-- asked0_: "error"
-- asked10_: "ok"
-- asked11_: 1.0
-- asked1_: 2000000
-- asked2_: 1000000000
-- asked3_: "claude%"
-- asked4_0: "a b"
-- asked4_0_json: "a b"
-- asked6_: "tool"
-- asked9_: "planner"
-- hi: 7
-- keyasked7_: "env"
-- limit: 9
-- lo: 5
-- places: [[3600, "a"]]
-- project: "p"
-- valueasked7_: "prod"
