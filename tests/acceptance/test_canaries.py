"""What is secret or private must turn up in no log line and no error."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

from tests.conftest import Serve, span, trace

from prela_server.accounts.keys import mint

PROMPT = "canary-prompt-5f3759df"
SECRET = "canary-secret-0x5f37"  # noqa: S105 - planted to be looked for


def _spoiled(good: dict[str, Any]) -> Iterator[tuple[bytes, dict[str, str]]]:
    """Give bodies that hold the prompt and are each refused by another part of the way."""
    body = json.dumps(good).encode()
    yield body[:-20], {}
    yield body + b"x", {}
    yield body.replace(b"canary", b"\xffcanary"), {}
    yield json.dumps(good | {"span_id": PROMPT * 20}).encode(), {}
    yield json.dumps(good | {"attributes": [PROMPT]}).encode(), {}
    yield json.dumps(good | {"attributes": PROMPT}).encode(), {}
    yield json.dumps(good | {"events": {"x": PROMPT}}).encode(), {}
    yield json.dumps({"spans": [good | {"span_id": None}]}).encode(), {}
    yield json.dumps(trace(good | {"trace_id": "\n"}, trace_id=None)).encode(), {}
    yield gzip.compress(body)[:-9], {"Content_Encoding": "gzip"}
    yield body, {"Content_Type": "text/plain"}
    yield body, {"Content_Encoding": "zstd"}
    yield b'{"x":' * 5000 + body, {}


def test_planted_keys_and_prompts_are_in_no_log_and_no_error(serve: Serve) -> None:
    server = serve(PRELA_AUTH="on")
    made = server.prela("keys", "create", "--project", "p")
    ended = server.prela("keys", "create", "--project", "p", "--json")
    revoked = json.loads(ended.stdout)
    server.prela("keys", "revoke", revoked["key_id"])
    key, unknown = made.stdout.strip(), mint().text
    api = server.api.with_key(key)
    good = span(
        name=PROMPT,
        attributes={"input.value": PROMPT, "llm.api_key": SECRET, "headers": {"x": SECRET}},
        events=[{"name": PROMPT, "attributes": {}}],
        status_message=PROMPT,
    )

    api.accept("/v1/spans", good)
    errors = []
    for path in ("/v1/spans", "/v1/batch", "/v1/traces"):
        errors += [api.post(path, body, **headers) for body, headers in _spoiled(good)]
    for wrong in (unknown, revoked["key"], key[:-1], f"{key}x", key.lower()):
        errors.append(server.api.with_key(wrong).post("/v1/spans", good))
        errors.append(server.api.with_key(wrong).get("/api/v1/search", q=PROMPT))
        bearer = {"Authorization": f"Bearer {wrong}"}
        errors.append(server.api.request("GET", "/api/v1/traces", headers=bearer))
    errors.append(api.get(f"/{key}"))
    errors.append(api.get("/api/v1/traces", status=PROMPT * 300))
    server.stop()

    said = server.log + "".join(error.text + str(error.headers) for error in errors)
    assert sum(error.status_code >= 400 for error in errors) > 40
    assert all(error.status_code < 500 for error in errors)
    for secret in (key, unknown, revoked["key"], key[20:40], PROMPT, SECRET):
        assert secret not in said
    assert "Traceback" not in said
