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
ORDER BY micros DESC, span_id
LIMIT 1 BY trace_id
-- places: [[3600, "a"]]
-- project: "p"
-- word0: "refund"
-- word0_json: "refund"
