SELECT trace_id, max(toUnixTimestamp64Micro(started_at)) AS bound, cityHash64(trace_id) AS trace_hash, groupUniqArray(toUnixTimestamp(toStartOfHour(started_at))) AS hours, count() AS rows
FROM spans
WHERE project_id = {project:String}
AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')
AND ((((isNotNull(input_tokens) OR isNotNull(output_tokens)) AND ifNull(ifNull(input_tokens, 0) + ifNull(output_tokens, 0) > {may0_:Float64}, 0))) AND (positionCaseInsensitiveUTF8(input_text, {may1_:String}) > 0))
AND trace_id IN (
    SELECT trace_id
    FROM spans
    WHERE project_id = {project:String}
    AND (status = {near0_:String})
)
AND trace_id IN (
    SELECT trace_id
    FROM spans
    WHERE project_id = {project:String}
    AND (span_type = {near1_:String})
)
GROUP BY trace_id
ORDER BY bound DESC, trace_id DESC
LIMIT {limit:UInt64}
-- hi: 7
-- limit: 9
-- lo: 5
-- may0_: 1000.0
-- may1_: "refund"
-- near0_: "error"
-- near1_: "tool"
-- project: "p"
