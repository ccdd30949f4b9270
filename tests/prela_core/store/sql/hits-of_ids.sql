SELECT trace_id, span_id, span_type, service_name, status, input, output, name, status_message, attributes, events, micros
FROM (
    SELECT *, toUnixTimestamp64Micro(started_at) AS micros
    FROM (
        SELECT trace_id, span_id, span_type, service_name, status, input, output, name, status_message, attributes, events, started_at
        FROM spans
        WHERE project_id = {project:String}
        AND (toStartOfHour(started_at), trace_id) IN {places:Array(Tuple(DateTime('UTC'), String))}
        ORDER BY version DESC
        LIMIT 1 BY trace_id, span_id
    )
    WHERE ((positionCaseInsensitiveUTF8(input, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(output, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(name, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(status_message, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(attributes, {word0_json:String}) > 0 OR positionCaseInsensitiveUTF8(events, {word0_json:String}) > 0))
    ORDER BY micros DESC, span_id
    LIMIT 1 BY trace_id
)
WHERE 1
AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
ORDER BY micros DESC, trace_id DESC
LIMIT {limit:UInt64}
-- limit: 9
-- lo: 5
-- places: [[3600, "a"]]
-- project: "p"
-- word0: "refund"
-- word0_json: "refund"
