SELECT toUInt8(1) AS is_top, toInt64(0) AS bucket, count() AS raw_spans, uniqExact(trace_id) AS raw_traces, countIf(status = 'error') AS raw_errors, uniqExactIf(user_id, user_id != '') AS raw_users, uniqExactIf(session_id, session_id != '') AS raw_sessions, countIf(isNotNull(ended_at)) AS raw_duration_known, sumIf(toInt128(round(assumeNotNull(duration_ms) * 1000)), isNotNull(ended_at)) AS raw_duration_sum, minIf(assumeNotNull(duration_ms), isNotNull(ended_at)) AS raw_duration_min, quantilesExactIf(0.5, 0.25, 0.1, 0.05, 0.01)(-assumeNotNull(duration_ms), isNotNull(ended_at)) AS raw_duration_percentiles, maxIf(assumeNotNull(duration_ms), isNotNull(ended_at)) AS raw_duration_max, countIf(isNotNull(ttft_ms)) AS raw_ttft_known, sumIf(toInt128(round(assumeNotNull(ttft_ms) * 1000)), isNotNull(ttft_ms)) AS raw_ttft_sum, minIf(assumeNotNull(ttft_ms), isNotNull(ttft_ms)) AS raw_ttft_min, quantilesExactIf(0.5, 0.25, 0.1, 0.05, 0.01)(-assumeNotNull(ttft_ms), isNotNull(ttft_ms)) AS raw_ttft_percentiles, maxIf(assumeNotNull(ttft_ms), isNotNull(ttft_ms)) AS raw_ttft_max, sumIf(ifNull(input_tokens, 0), is_counted) AS raw_input_tokens, sumIf(ifNull(output_tokens, 0), is_counted) AS raw_output_tokens, sumIf(ifNull(input_tokens, 0) + ifNull(output_tokens, 0), is_counted) AS raw_total_tokens, sumIf(ifNull(cache_read_tokens, 0), is_counted) AS raw_cache_read_tokens, sumIf(ifNull(cache_write_tokens, 0), is_counted) AS raw_cache_write_tokens, sumIf(ifNull(reasoning_tokens, 0), is_counted) AS raw_reasoning_tokens, sumIf(toInt128(round(ifNull(cost_usd, 0) * 1e9)), is_counted) AS raw_cost
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
        SELECT trace_id, status, user_id, session_id, duration_ms, ended_at, ttft_ms, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, span_type, started_at
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
            SELECT trace_id, status, user_id, session_id, duration_ms, ended_at, ttft_ms, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, span_type, started_at
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
GROUP BY is_top, bucket
ORDER BY is_top, bucket
LIMIT {limit:UInt64}
-- limit: 50001
-- project: "p"
