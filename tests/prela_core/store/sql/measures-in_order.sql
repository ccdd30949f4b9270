SELECT key0, key1, raw_spans, raw_cost, raw_duration_known, raw_duration_percentiles
FROM (
    SELECT toString(model) AS key0, toString(tool_name) AS key1, count() AS raw_spans, sumIf(toInt128(round(ifNull(cost_usd, 0) * 1e9)), is_counted) AS raw_cost, countIf(isNotNull(ended_at)) AS raw_duration_known, quantilesExactIf(0.5, 0.25, 0.1, 0.05, 0.01)(-assumeNotNull(duration_ms), isNotNull(ended_at)) AS raw_duration_percentiles
    FROM (
        SELECT *, span_type NOT IN ('agent', 'chain') OR trace_id NOT IN (
            SELECT trace_id
            FROM (
                SELECT trace_id, span_type, input_tokens, output_tokens, cost_usd
                FROM spans
                WHERE project_id = {project:String}
                AND (((toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC')) AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC')))) OR toStartOfHour(started_at) IN (
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
                            AND max(hour) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
                            AND min(hour) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
                        )
                    ).2)
                ))
                AND trace_id IN (
                    SELECT trace_id
                    FROM spans
                    WHERE project_id = {project:String}
                    AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
                    AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
                    AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
                    AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')
                    AND (status = {may0_:String})
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
            SELECT *
            FROM (
                SELECT model, tool_name, cost_usd, duration_ms, ended_at, trace_id, span_type, started_at, status
                FROM spans FINAL
                WHERE project_id = {project:String}
                AND ((toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC')) AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))))
                AND ((identity(started_at) >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC') AND identity(started_at) <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')))
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
                            AND max(hour) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
                            AND min(hour) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
                        )
                    ).1)
                )
                AND trace_id IN (
                    SELECT trace_id
                    FROM spans
                    WHERE project_id = {project:String}
                    AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
                    AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
                    AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
                    AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')
                    AND (status = {may0_:String})
                ) UNION ALL
                SELECT *
                FROM (
                    SELECT model, tool_name, cost_usd, duration_ms, ended_at, trace_id, span_type, started_at, status
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
                                AND max(hour) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
                                AND min(hour) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
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
                                AND max(hour) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
                                AND min(hour) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
                            )
                        ).1)
                    )
                    AND trace_id IN (
                        SELECT trace_id
                        FROM spans
                        WHERE project_id = {project:String}
                        AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
                        AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
                        AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
                        AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')
                        AND (status = {may0_:String})
                    )
                    ORDER BY version DESC
                    LIMIT 1 BY trace_id, span_id
                )
                WHERE ((toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC')) AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC') AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC')) AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')))
            )
            WHERE status = {asked0_:String}
        )
    )
    GROUP BY key0, key1
    ORDER BY raw_cost DESC NULLS LAST, key0, key1
    LIMIT {limit:UInt64}
)
-- asked0_: "error"
-- hi: 8999999
-- limit: 101
-- lo: 1000000
-- may0_: "error"
-- project: "p"
