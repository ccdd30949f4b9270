SELECT trace_id, span_id, toUnixTimestamp64Micro(started_at) AS order_value
FROM (
    SELECT trace_id, span_id, started_at, input_tokens, output_tokens, input_text, span_type, parent_span_id
    FROM spans
    WHERE project_id = {project:String}
    AND (toStartOfHour(started_at), trace_id) IN {places:Array(Tuple(DateTime('UTC'), String))}
    ORDER BY version DESC
    LIMIT 1 BY trace_id, span_id
)
WHERE 1
AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')
AND ((((isNotNull(input_tokens) OR isNotNull(output_tokens)) AND ifNull(ifNull(input_tokens, 0) + ifNull(output_tokens, 0) > {asked0_:Float64}, 0))) AND (positionCaseInsensitiveUTF8(input_text, {asked1_:String}) > 0) AND (trace_id IN (
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
        HAVING countIf(status = {asked2_0_:String}) > 0
    )
)) AND ((trace_id, span_id) IN (
    SELECT trace_id, parent_span_id
    FROM (
        SELECT input_tokens, output_tokens, input_text, span_type, trace_id, span_id, parent_span_id
        FROM spans
        WHERE project_id = {project:String}
        AND (toStartOfHour(started_at), trace_id) IN {places:Array(Tuple(DateTime('UTC'), String))}
        ORDER BY version DESC
        LIMIT 1 BY trace_id, span_id
    )
    WHERE parent_span_id != span_id
    AND (span_type = {asked3_:String})
)))
ORDER BY order_value DESC, trace_id DESC, span_id DESC
LIMIT {limit:UInt64}
-- asked0_: 1000.0
-- asked1_: "refund"
-- asked2_0_: "error"
-- asked3_: "tool"
-- hi: 7
-- limit: 9
-- lo: 5
-- places: [[3600, "a"]]
-- project: "p"
