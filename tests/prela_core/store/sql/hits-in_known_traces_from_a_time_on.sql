SELECT trace_id, span_id, span_type, service_name, status, input_text, output_text, name, status_message, attributes, events, toUnixTimestamp64Micro(started_at) AS micros
FROM (
    SELECT trace_id, span_id, span_type, service_name, status, input_text, output_text, name, status_message, attributes, events, started_at
    FROM spans
    WHERE project_id = {project:String}
    AND (toStartOfHour(started_at), trace_id) IN {places:Array(Tuple(DateTime('UTC'), String))}
    ORDER BY version DESC
    LIMIT 1 BY trace_id, span_id
)
WHERE ((positionCaseInsensitiveUTF8(input_text, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(output_text, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(name, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(status_message, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(attributes, {word0_json:String}) > 0 OR positionCaseInsensitiveUTF8(events, {word0_json:String}) > 0))
AND trace_id IN (
    SELECT trace_id
    FROM (
        SELECT trace_id, argMin(service_name, (parent_span_id != '', started_at, span_id)) AS service, min(toUnixTimestamp64Micro(started_at)) AS first_micros, countIf(isNull(ended_at)) AS running, if(running = 0, max(ifNull(toUnixTimestamp64Micro(ended_at), 0)), NULL) AS end_micros, max(greatest(toUnixTimestamp64Micro(started_at), ifNull(toUnixTimestamp64Micro(ended_at), 0))) AS last_micros, countIf(status = 'error') AS errors, multiIf(errors > 0, 'error', running > 0, 'pending', 'success') AS trace_status, if(countIf(parent_span_id = '') > 0, argMin(span_id, (parent_span_id != '', started_at, span_id)), '') AS root, argMin(name, (parent_span_id != '', started_at, span_id)) AS head_name, count() AS spans, countIf(span_type NOT IN ('agent', 'chain') AND (isNotNull(input_tokens) OR isNotNull(output_tokens) OR isNotNull(cost_usd))) > 0 AS leaves_spent, if(leaves_spent, sumIf(ifNull(input_tokens, 0), span_type NOT IN ('agent', 'chain')), sum(ifNull(input_tokens, 0))) AS tokens_in, if(leaves_spent, sumIf(ifNull(output_tokens, 0), span_type NOT IN ('agent', 'chain')), sum(ifNull(output_tokens, 0))) AS tokens_out, if(leaves_spent, sumIf(ifNull(cost_usd, 0), span_type NOT IN ('agent', 'chain')), sum(ifNull(cost_usd, 0))) AS cost, arraySort(groupUniqArrayIf(model, model != '')) AS models
        FROM (
            SELECT trace_id, span_id, parent_span_id, name, service_name, span_type, started_at, ended_at, status, model, input_tokens, output_tokens, cost_usd
            FROM spans
            WHERE project_id = {project:String}
            AND (toStartOfHour(started_at), trace_id) IN {places:Array(Tuple(DateTime('UTC'), String))}
            ORDER BY version DESC
            LIMIT 1 BY trace_id, span_id
        )
        GROUP BY trace_id
        HAVING first_micros >= {start:Int64}
    )
)
ORDER BY micros DESC, span_id
LIMIT 1 BY trace_id
-- places: [[3600, "a"]]
-- project: "p"
-- start: 5
-- word0: "refund"
-- word0_json: "refund"
