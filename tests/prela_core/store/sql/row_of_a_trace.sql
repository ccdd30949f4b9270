SELECT trace_id, service, first_micros, end_micros, last_micros, trace_status, root, head_name, spans, errors, tokens_in, tokens_out, cost, models
FROM (
    SELECT trace_id, argMin(service_name, (parent_span_id != '', started_at, span_id)) AS service, min(toUnixTimestamp64Micro(started_at)) AS first_micros, countIf(isNull(ended_at)) AS running, if(running = 0, max(ifNull(toUnixTimestamp64Micro(ended_at), 0)), NULL) AS end_micros, max(greatest(toUnixTimestamp64Micro(started_at), ifNull(toUnixTimestamp64Micro(ended_at), 0))) AS last_micros, countIf(status = 'error') AS errors, multiIf(errors > 0, 'error', running > 0, 'pending', 'success') AS trace_status, if(countIf(parent_span_id = '') > 0, argMin(span_id, (parent_span_id != '', started_at, span_id)), '') AS root, argMin(name, (parent_span_id != '', started_at, span_id)) AS head_name, count() AS spans, countIf(span_type NOT IN ('agent', 'chain') AND (isNotNull(input_tokens) OR isNotNull(output_tokens) OR isNotNull(cost_usd))) > 0 AS leaves_spent, if(leaves_spent, sumIf(ifNull(input_tokens, 0), span_type NOT IN ('agent', 'chain')), sum(ifNull(input_tokens, 0))) AS tokens_in, if(leaves_spent, sumIf(ifNull(output_tokens, 0), span_type NOT IN ('agent', 'chain')), sum(ifNull(output_tokens, 0))) AS tokens_out, if(leaves_spent, sumIf(ifNull(cost_usd, 0), span_type NOT IN ('agent', 'chain')), sum(ifNull(cost_usd, 0))) AS cost, arraySort(groupUniqArrayIf(model, model != '')) AS models
    FROM (
        SELECT trace_id, span_id, parent_span_id, name, service_name, span_type, started_at, ended_at, status, model, input_tokens, output_tokens, cost_usd
        FROM spans FINAL
        WHERE project_id = {project:String}
        AND trace_id = {trace:String}
        AND toStartOfHour(started_at) IN {hours:Array(DateTime('UTC'))}
    )
    GROUP BY trace_id
)
-- hours: [3600]
-- project: "p"
-- trace: "t"
