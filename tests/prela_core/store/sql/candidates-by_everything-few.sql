SELECT trace_id, least(maxIf(toUnixTimestamp64Micro(started_at), user_id = {user_id:String}), {hi:Int64}) AS bound, cityHash64(trace_id) AS trace_hash, groupUniqArray(toUnixTimestamp(toStartOfHour(started_at))) AS hours, count() AS rows
FROM spans
WHERE project_id = {project:String}
AND toStartOfHour(started_at) >= toStartOfHour(fromUnixTimestamp64Micro({lo:Int64}, 'UTC'))
AND started_at >= fromUnixTimestamp64Micro({lo:Int64}, 'UTC')
GROUP BY trace_id
HAVING countIf(user_id = {user_id:String}) > 0
AND countIf(session_id = {session_id:String}) > 0
AND countIf(service_name = {service_name:String}) > 0
AND countIf(span_type = {span_type:String}) > 0
AND countIf(name = {name:String}) > 0
AND countIf(model = {model:String}) > 0
AND countIf(agent_name = {agent_name:String}) > 0
AND countIf(environment = {environment:String}) > 0
AND countIf(if(JSONType(attributes, {key0:String}) = 'String', JSONExtractString(attributes, {key0:String}) = {value0:String}, JSONLength(concat('[', {value0:String}, ']')) = 1 AND JSONExtractRaw(attributes, {key0:String}) = JSONExtractRaw(concat('[', {value0:String}, ']'), 1)) AND JSONHas(attributes, {key0:String})) > 0
AND countIf(if(JSONType(attributes, {key1:String}) = 'String', JSONExtractString(attributes, {key1:String}) = {value1:String}, JSONLength(concat('[', {value1:String}, ']')) = 1 AND JSONExtractRaw(attributes, {key1:String}) = JSONExtractRaw(concat('[', {value1:String}, ']'), 1)) AND JSONHas(attributes, {key1:String})) > 0
AND countIf((positionCaseInsensitiveUTF8(input_text, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(output_text, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(name, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(status_message, {word0:String}) > 0 OR positionCaseInsensitiveUTF8(attributes, {word0_json:String}) > 0 OR positionCaseInsensitiveUTF8(events, {word0_json:String}) > 0) AND (positionCaseInsensitiveUTF8(input_text, {word1:String}) > 0 OR positionCaseInsensitiveUTF8(output_text, {word1:String}) > 0 OR positionCaseInsensitiveUTF8(name, {word1:String}) > 0 OR positionCaseInsensitiveUTF8(status_message, {word1:String}) > 0 OR positionCaseInsensitiveUTF8(attributes, {word1_json:String}) > 0 OR positionCaseInsensitiveUTF8(events, {word1_json:String}) > 0)) > 0
AND countIf(status = 'error') > 0
AND min(toUnixTimestamp64Micro(started_at)) <= {hi:Int64}
ORDER BY bound DESC, trace_id DESC
LIMIT {limit:UInt64}
-- agent_name: "agent"
-- environment: "prod"
-- hi: 7
-- key0: "tenant"
-- key1: "tier"
-- limit: 9
-- lo: 5
-- model: "gpt-4o"
-- name: "a name"
-- project: "p"
-- service_name: "svc"
-- session_id: "session"
-- span_type: "llm"
-- user_id: "user"
-- value0: "acme"
-- value1: "1"
-- word0: "two"
-- word0_json: "two"
-- word1: "one phrase"
-- word1_json: "one phrase"
