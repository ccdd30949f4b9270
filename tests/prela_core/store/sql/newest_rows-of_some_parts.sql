SELECT trace_id, cityHash64(trace_id) AS trace_hash, toUnixTimestamp64Micro(started_at)
FROM (
    SELECT trace_id, started_at
    FROM spans
    WHERE project_id = {project:String}
    AND toStartOfHour(started_at) <= toStartOfHour(fromUnixTimestamp64Micro({hi:Int64}, 'UTC'))
    AND started_at <= fromUnixTimestamp64Micro({hi:Int64}, 'UTC')
    AND _part IN {held:Array(String)}
    AND hasAnyTokens(lowerUTF8(concat(input, '\n', output, '\n', name, '\n', status_message, '\n', attributes, '\n', events)), {held0:Array(String)})
    ORDER BY started_at DESC
    LIMIT {most:UInt64} WITH TIES
)
-- held: ["new"]
-- held0: ["refund", "refunds"]
-- hi: 7
-- most: 9
-- project: "p"
