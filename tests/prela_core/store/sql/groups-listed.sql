SELECT toString(user_id) AS key0, count() AS raw_spans, uniqExact(trace_id) AS raw_traces, countIf(status = 'error') AS raw_errors, sumIf(ifNull(input_tokens, 0), is_counted) AS raw_input_tokens, sumIf(ifNull(output_tokens, 0), is_counted) AS raw_output_tokens, sumIf(toInt128(round(ifNull(cost_usd, 0) * 1e9)), is_counted) AS raw_cost, min(toUnixTimestamp64Micro(started_at)) AS first_micros, max(toUnixTimestamp64Micro(started_at)) AS last_micros, toInt64(last_micros) AS order_value
FROM (
    SELECT *, span_type NOT IN ('agent', 'chain') OR trace_id NOT IN (
        SELECT trace_id
        FROM (
            SELECT trace_id, span_type, input_tokens, output_tokens, cost_usd
            FROM spans
            WHERE project_id = {project:String}
            AND ((1) OR toStartOfHour(started_at) IN (
                SELECT arrayJoin((
                    SELECT (groupArray(trace_hash), groupUniqArrayArray(hours))
                    FROM (
                        SELECT trace_hash, groupArray(hour) AS hours
                        FROM (
                            SELECT trace_hash, toStartOfHour(started_at) AS hour
                            FROM spans
                            WHERE project_id = {project:String}
                            GROUP BY trace_hash, hour
                        )
                        GROUP BY trace_hash
                        HAVING length(hours) > 1
                    )
                ).2)
            ))
            AND trace_id IN (
                SELECT trace_id
                FROM spans
                WHERE project_id = {project:String}
                AND NOT span_type NOT IN ('agent', 'chain')
                AND (isNotNull(input_tokens) OR isNotNull(output_tokens) OR isNotNull(cache_read_tokens) OR isNotNull(cache_write_tokens) OR isNotNull(reasoning_tokens) OR isNotNull(cost_usd))
            )
            ORDER BY version DESC
            LIMIT 1 BY trace_id, span_id
        )
        WHERE span_type NOT IN ('agent', 'chain')
        AND (isNotNull(input_tokens) OR isNotNull(output_tokens) OR isNotNull(cost_usd))
    ) AS is_counted
    FROM (
        SELECT user_id, trace_id, status, input_tokens, output_tokens, cost_usd, span_type, started_at
        FROM spans FINAL
        WHERE project_id = {project:String}
        AND (1)
        AND (1)
        AND trace_hash NOT IN (
            SELECT arrayJoin((
                SELECT (groupArray(trace_hash), groupUniqArrayArray(hours))
                FROM (
                    SELECT trace_hash, groupArray(hour) AS hours
                    FROM (
                        SELECT trace_hash, toStartOfHour(started_at) AS hour
                        FROM spans
                        WHERE project_id = {project:String}
                        GROUP BY trace_hash, hour
                    )
                    GROUP BY trace_hash
                    HAVING length(hours) > 1
                )
            ).1)
        ) UNION ALL
        SELECT *
        FROM (
            SELECT user_id, trace_id, status, input_tokens, output_tokens, cost_usd, span_type, started_at
            FROM spans
            WHERE project_id = {project:String}
            AND toStartOfHour(started_at) IN (
                SELECT arrayJoin((
                    SELECT (groupArray(trace_hash), groupUniqArrayArray(hours))
                    FROM (
                        SELECT trace_hash, groupArray(hour) AS hours
                        FROM (
                            SELECT trace_hash, toStartOfHour(started_at) AS hour
                            FROM spans
                            WHERE project_id = {project:String}
                            GROUP BY trace_hash, hour
                        )
                        GROUP BY trace_hash
                        HAVING length(hours) > 1
                    )
                ).2)
            )
            AND trace_hash IN (
                SELECT arrayJoin((
                    SELECT (groupArray(trace_hash), groupUniqArrayArray(hours))
                    FROM (
                        SELECT trace_hash, groupArray(hour) AS hours
                        FROM (
                            SELECT trace_hash, toStartOfHour(started_at) AS hour
                            FROM spans
                            WHERE project_id = {project:String}
                            GROUP BY trace_hash, hour
                        )
                        GROUP BY trace_hash
                        HAVING length(hours) > 1
                    )
                ).1)
            )
            ORDER BY version DESC
            LIMIT 1 BY trace_id, span_id
        )
        WHERE (1)
    )
)
WHERE key0 != ''
GROUP BY key0
HAVING (order_value, key0) < ({after:Int64}, {after_id:String})
ORDER BY order_value DESC, key0 DESC
LIMIT {limit:UInt64} OFFSET {offset:UInt64}
-- after: 3
-- after_id: "u"
-- limit: 9
-- offset: 0
-- project: "p"
