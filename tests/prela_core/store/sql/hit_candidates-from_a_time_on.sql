SELECT trace_id, max(toUnixTimestamp64Micro(started_at)) AS bound, cityHash64(trace_id) AS trace_hash, groupUniqArrayArray([intDiv(least(greatest(toUnixTimestamp(started_at) - 120, 0), 4294967295), 3600) * 3600, intDiv(least(greatest(toUnixTimestamp(started_at) + 120, 0), 4294967295), 3600) * 3600]) AS hours, count() AS rows
FROM spans
WHERE project_id = {project:String}
AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
AND ((positionCaseInsensitiveUTF8(input_text, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(output_text, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(name, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(status_message, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(attributes, {word0_json:String}) > 0 OR positionCaseInsensitiveUTF8(events, {word0_json:String}) > 0))
GROUP BY trace_id
ORDER BY bound DESC, trace_id DESC
LIMIT {limit:UInt64}
-- limit: 9
-- lo: 5
-- project: "p"
-- word0: "refund"
-- word0_json: "refund"
