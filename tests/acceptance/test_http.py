"""What every answer has, whatever was asked: form, headers, and whom it is given to."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from tests.conftest import Api, Server, assert_problem, span

from prela_core.model import new_trace_id

ANY = [
    ("GET", "/health"),
    ("GET", "/api/v1/traces"),
    ("GET", "/api/v1/traces/unknown"),
    ("GET", "/nowhere"),
    ("POST", "/v1/spans"),
    ("DELETE", "/v1/spans"),
]


def test_health_and_readiness(api: Api) -> None:
    assert api.read("/health") == {"status": "healthy"}
    assert api.read("/api/v1/health") == {"status": "healthy"}
    ready = api.read("/ready")
    assert ready["status"] == "ready"
    assert ready["parts"]["bus"] == "ready"
    assert set(ready["parts"].values()) == {"ready"}


@pytest.mark.parametrize(
    "path", ["/nowhere", "/v1", "/v1/span", "/api/v1", "/api/v2/traces", "/v1/traces/x", "/%00"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_with_nothing_at_it_is_404(api: Api, method: str, path: str) -> None:
    assert_problem(api.request(method, path), 404)


def test_otlp_over_grpc_is_off_unless_asked_for(server: Server) -> None:
    assert "Prela is ready" in server.log
    assert "gRPC" not in server.log


@pytest.mark.parametrize("tail", ["", "/spans"])
@pytest.mark.parametrize(
    "trace_id", ["unknown", "x" * 500, "' OR 1=1 --", "%25", "..%2F..", "a%00b"]
)
def test_an_unknown_trace_is_404(api: Api, trace_id: str, tail: str) -> None:
    assert_problem(api.request("GET", f"/api/v1/traces/{trace_id}{tail}"), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/traces", "POST"),
        ("PUT", "/v1/spans", "POST"),
        ("DELETE", "/v1/batch", "POST"),
        ("PATCH", "/v1/traces", "POST"),
        ("POST", "/api/v1/traces", "GET"),
        ("PUT", "/api/v1/traces/x", "GET"),
        ("PUT", "/api/v1/search", "GET"),
        ("POST", "/health", "GET"),
        ("TRACE", "/health", "GET"),
    ],
)
def test_a_method_that_is_not_taken_is_405(api: Api, method: str, path: str, allowed: str) -> None:
    response = api.request(method, path)

    assert_problem(response, 405)
    assert allowed in response.headers["allow"]


@pytest.mark.parametrize(("method", "path"), ANY)
def test_every_answer_has_a_request_id_of_its_own(api: Api, method: str, path: str) -> None:
    first, second = (api.request(method, path).headers["x-request-id"] for _ in range(2))

    assert first
    assert second
    assert first != second


@pytest.mark.parametrize(("method", "path"), ANY)
def test_a_plain_request_id_is_taken_over(api: Api, method: str, path: str) -> None:
    response = api.request(method, path, headers={"X-Request-ID": "run-7:step/3"})

    assert response.headers["x-request-id"] == "run-7:step/3"


@pytest.mark.parametrize("sent", ["a b", "x" * 129, "{curly}", "tab\there", '"><script>', ""])
def test_a_request_id_that_could_spoil_a_log_is_replaced(api: Api, sent: str) -> None:
    response = api.request("GET", "/health", headers={"X-Request-ID": sent})

    assert response.headers["x-request-id"] != sent
    assert response.headers["x-request-id"].isalnum()


@pytest.mark.parametrize(("method", "path"), ANY)
def test_every_answer_has_the_security_headers(api: Api, method: str, path: str) -> None:
    headers = api.request(method, path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "x-prela-tier" in headers
    assert "server" not in headers
    assert not [name for name in headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil", "[::2]"]
)
@pytest.mark.parametrize(("method", "path"), ANY)
def test_without_keys_another_host_name_is_refused(
    api: Api, method: str, path: str, host: str
) -> None:
    # DNS rebinding: a page of evil.example, whose name now leads to this machine.
    assert_problem(api.request(method, path, headers={"Host": host}), 403)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_without_keys_this_machines_names_are_good(api: Api, host: str) -> None:
    port = urlsplit(api.url).port

    for name in (host, f"{host}:{port}", host.upper()):
        assert api.request("GET", "/health", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:1", "null", "http://127.0.0.1", "file://"]
)
@pytest.mark.parametrize(("method", "path"), ANY)
def test_without_keys_a_page_from_elsewhere_is_refused(
    api: Api, method: str, path: str, origin: str
) -> None:
    assert_problem(api.request(method, path, headers={"Origin": origin}), 403)


def test_what_a_page_from_elsewhere_sends_is_not_stored(api: Api) -> None:
    sent = span()

    # What a browser sends from any page without asking first: text/plain, with an origin.
    refused = api.post("/v1/spans", sent, Origin="https://evil.example", Content_Type="text/plain")

    assert_problem(refused, 403)
    assert_problem(api.get(f"/api/v1/traces/{sent['trace_id']}"), 404)


def test_a_page_of_the_server_itself_may_ask(api: Api) -> None:
    assert api.request("GET", "/health", headers={"Origin": api.url}).status_code == 200


def test_a_preflight_is_not_answered(api: Api) -> None:
    headers = {"Origin": api.url, "Access-Control-Request-Method": "POST"}

    assert_problem(api.request("OPTIONS", "/v1/spans", headers=headers), 405)


def test_a_head_request_has_no_body(api: Api) -> None:
    response = api.request("HEAD", "/api/v1/traces")

    assert response.status_code == 200
    assert response.content == b""


def test_a_key_is_not_looked_at_without_auth(api: Api) -> None:
    sent = span(new_trace_id())

    for key in ("prela_sk_nonsense", "x", "' OR 1=1"):
        assert api.with_key(key).accept("/v1/spans", sent)["span_id"] == sent["span_id"]
    bearer = {"Authorization": "Bearer prela_sk_whatever"}
    found = api.request("GET", f"/api/v1/traces/{sent['trace_id']}", headers=bearer)
    assert found.status_code == 200
