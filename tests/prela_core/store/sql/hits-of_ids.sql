SELECT trace_id, span_id, span_type, service_name, status, input, output, name, status_message, attributes, events, micros
FROM (
    SELECT *, toUnixTimestamp64Micro(started_at) AS micros
    FROM (
        SELECT trace_id, span_id, span_type, service_name, status, input, output, name, status_message, attributes, events, started_at
        FROM spans
        WHERE project_id = {project:String}
        AND trace_id IN {ids:Array(String)}
        AND (toStartOfHour(started_at), trace_id) IN (
            SELECT hour, id
            FROM (
                SELECT trace_hash, toStartOfHour(started_at) AS hour
                FROM spans
                WHERE project_id = {project:String}
                AND trace_hash IN (
                    SELECT cityHash64(arrayJoin({ids:Array(String)}))
                )
                GROUP BY trace_hash, hour
            ) AS known INNER JOIN (
                SELECT arrayJoin({ids:Array(String)}) AS id, cityHash64(id) AS trace_hash
            ) AS asked USING (trace_hash)
        )
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
-- ids: ["a"]
-- limit: 9
-- lo: 5
-- project: "p"
-- word0: "refund"
-- word0_json: "refund"
