"""With authentication on: who gets in, how far, and into which project."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import attrs
import pytest
from tests.conftest import (
    Api,
    Serve,
    Server,
    assert_problem,
    await_that,
    clean_environment,
    span,
)

from prela_core.model import new_trace_id
from prela_server.accounts.keys import mint

ENDPOINTS = [
    ("POST", "/v1/traces"),
    ("POST", "/v1/spans"),
    ("POST", "/v1/batch"),
    ("GET", "/api/v1/traces"),
    ("GET", "/api/v1/traces/unknown"),
    ("GET", "/api/v1/traces/unknown/spans"),
    ("GET", "/api/v1/search?q=x"),
]
INGEST, READ = ENDPOINTS[:3], ENDPOINTS[3:]


@attrs.frozen
class Key:
    key_id: str
    text: str


def _make(server: Server, project: str, *scopes: str) -> Key:
    wanted = [word for scope in scopes for word in ("--scope", scope)]
    done = server.prela("keys", "create", "--project", project, *wanted, "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    return Key(made["key_id"], made["key"])


@pytest.fixture(scope="module")
def guarded(module_serve: Serve) -> Server:
    return module_serve(PRELA_AUTH="on")


@pytest.fixture(scope="module")
def keys(guarded: Server) -> dict[str, Key]:
    """Keys of two projects, made by another process while the server runs."""
    return {
        "both": _make(guarded, "alpha"),
        "ingest": _make(guarded, "alpha", "ingest"),
        "read": _make(guarded, "alpha", "read"),
        "admin": _make(guarded, "alpha", "admin"),
        "foreign": _make(guarded, "beta"),
        "revoked": _revoked(guarded),
    }


def _revoked(server: Server) -> Key:
    key = _make(server, "alpha")
    done = server.prela("keys", "revoke", key.key_id)
    assert done.returncode == 0, done.stderr
    return key


def _ask(api: Api, method: str, path: str, **headers: str) -> Any:
    body = {"json": span()} if method == "POST" else {}
    return api.request(method, path, headers=headers, **body)


@pytest.mark.parametrize("name", ["both", "admin"])
def test_a_key_is_good_in_either_header(guarded: Server, keys: dict[str, Key], name: str) -> None:
    key = keys[name].text
    for headers in (
        {"X-API-Key": key},
        {"Authorization": f"Bearer {key}"},
        {"authorization": f"bearer  {key}"},
    ):
        sent = span()
        response = guarded.api.post("/v1/spans", sent, **headers)
        assert response.status_code == 200, response.text
        found = guarded.api.request("GET", f"/api/v1/traces/{sent['trace_id']}", headers=headers)
        assert found.json()["span_count"] == 1


def _wrong_headers(keys: dict[str, Key]) -> dict[str, dict[str, str]]:
    good, revoked = keys["both"].text, keys["revoked"].text
    mistyped = good[:-1] + ("0" if good[-1] != "0" else "1")
    return {
        "missing": {},
        "empty": {"X-API-Key": ""},
        "malformed": {"X-API-Key": "prela_sk_short"},
        "of another maker": {"X-API-Key": "sk_live_4242424242424242"},
        "mistyped": {"X-API-Key": mistyped},
        "revoked": {"X-API-Key": revoked},
        "revoked, as a bearer": {"Authorization": f"Bearer {revoked}"},
        "another scheme": {"Authorization": f"Basic {good}"},
        "no scheme": {"Authorization": good},
        "a scheme alone": {"Authorization": "Bearer"},
        "very long": {"X-API-Key": "prela_sk_" + "A" * 5000},
        "with SQL": {"X-API-Key": "' OR 1=1 --"},
        "not ASCII": {"X-API-Key": "\u00e9" * 20},
        # Its checksum is right, but it was never made here.
        "unknown": {"X-API-Key": mint().text},
    }


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_whatever_is_wrong_with_a_key_the_answer_is_one_and_the_same(
    guarded: Server, keys: dict[str, Key], method: str, path: str
) -> None:
    answers = {}
    for what, headers in _wrong_headers(keys).items():
        raw = {name: value.encode("utf-8") for name, value in headers.items()}
        response = guarded.api.request(
            method, path, headers=raw, **({"json": span()} if method == "POST" else {})
        )
        assert_problem(response, 401)
        assert response.headers["www-authenticate"].startswith("Bearer")
        kept = dict(response.headers)
        kept.pop("date")
        assert kept.pop("x-request-id")
        answers[what] = (response.content, tuple(kept.items()))

    assert len(set(answers.values())) == 1, answers


def test_the_body_of_a_stranger_is_not_looked_at(guarded: Server) -> None:
    assert_problem(guarded.api.post("/v1/spans", b"{not json"), 401)
    assert_problem(guarded.api.post("/v1/spans", b"", Content_Encoding="br"), 401)
    assert_problem(guarded.api.get("/api/v1/traces", limit=-1), 401)


@pytest.mark.parametrize(
    ("name", "refused"),
    [("ingest", READ), ("read", INGEST)],
)
def test_a_scope_reaches_as_far_as_it_says(
    guarded: Server, keys: dict[str, Key], name: str, refused: list[tuple[str, str]]
) -> None:
    api = guarded.api.with_key(keys[name].text)

    for method, path in ENDPOINTS:
        response = _ask(api, method, path)
        if (method, path) in refused:
            assert_problem(response, 403)
        else:
            assert response.status_code not in (401, 403)


def test_the_key_decides_the_project_and_nothing_that_is_sent(
    guarded: Server, keys: dict[str, Key]
) -> None:
    ours = guarded.api.with_key(keys["both"].text)
    theirs = guarded.api.with_key(keys["foreign"].text)
    sent = span(project_id="beta", attributes={"project_id": "beta", "word": "boundary"})
    ours.accept("/v1/spans", sent, X_Project_ID="beta")

    trace_id = sent["trace_id"]
    assert ours.trace(trace_id)["span_count"] == 1
    for tail in ("", "/spans"):
        foreign = theirs.get(f"/api/v1/traces/{trace_id}{tail}")
        unknown = theirs.get(f"/api/v1/traces/{new_trace_id()}{tail}")
        assert_problem(foreign, 404)
        assert unknown.content == foreign.content
    assert trace_id not in theirs.get("/api/v1/traces", limit=1000).text
    assert theirs.read("/api/v1/search", q="boundary")["items"] == []
    assert theirs.read("/api/v1/traces", q="boundary")["items"] == []


def test_the_same_ids_in_two_projects_are_two_spans(guarded: Server, keys: dict[str, Key]) -> None:
    sent = span()
    for name in ("both", "foreign"):
        guarded.api.with_key(keys[name].text).accept("/v1/spans", sent | {"name": f"of {name}"})

    for name in ("both", "foreign"):
        found = guarded.api.with_key(keys[name].text).span(sent)
        assert found["name"] == f"of {name}"


def test_a_cursor_of_another_project_is_refused(guarded: Server, keys: dict[str, Key]) -> None:
    ours = guarded.api.with_key(keys["both"].text)
    for _ in range(2):
        ours.accept("/v1/spans", span())
    cursor = ours.read("/api/v1/traces", limit=1)["next_cursor"]

    theirs = guarded.api.with_key(keys["foreign"].text)
    assert_problem(theirs.get("/api/v1/traces", limit=1, cursor=cursor), 400)


def test_a_new_key_is_good_at_once_and_a_revoked_one_bad_within_five_seconds(
    guarded: Server,
) -> None:
    key = _make(guarded, "gamma")
    api = guarded.api.with_key(key.text)
    assert api.get("/api/v1/traces").status_code == 200
    api.accept("/v1/spans", span())

    done = guarded.prela("keys", "revoke", key.key_id)

    assert done.returncode == 0, done.stderr
    # Of several gateways each forgets the key in its own time.
    await_that(
        lambda: (
            401 == api.get("/api/v1/traces").status_code == api.post("/v1/spans", {}).status_code
        ),
        "the key's end",
        seconds=5,
    )
    assert_problem(api.post("/v1/spans", span()), 401)


def test_a_revoked_key_stays_bad_after_a_restart(guarded: Server, keys: dict[str, Key]) -> None:
    sent = span()
    guarded.api.with_key(keys["both"].text).accept("/v1/spans", sent)
    guarded.stop()
    guarded.start()

    assert guarded.api.with_key(keys["both"].text).trace(sent["trace_id"])["span_count"] == 1
    assert_problem(guarded.api.with_key(keys["revoked"].text).get("/api/v1/traces"), 401)


def test_health_asks_for_no_key(guarded: Server) -> None:
    assert guarded.api.read("/health") == {"status": "healthy"}


def test_with_keys_any_host_name_is_good(guarded: Server, keys: dict[str, Key]) -> None:
    response = guarded.api.with_key(keys["both"].text).request(
        "GET", "/api/v1/traces", headers={"Host": "prela.example"}
    )

    assert response.status_code == 200


def _refused_start(server: Server, *, code: int = 2) -> str:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "prela_cli", "serve", "--port", "0"),
            *("--data-dir", str(server.data_dir), *server.arguments),
        ],
        env=clean_environment() | server.settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    return done.stderr


def test_another_address_without_auth_is_refused(tmp_path: Any) -> None:
    server = Server(tmp_path / "data", {"PRELA_AUTH": "off"}, ("--host", "0.0.0.0"))  # noqa: S104 - refused

    said = _refused_start(server)

    assert "0.0.0.0" in said  # noqa: S104 - likewise
    assert "PRELA_AUTH" in said
    server.client.close()


def test_another_address_asks_for_keys_unless_told_otherwise(serve: Serve) -> None:
    server = serve("--host", "0.0.0.0")  # noqa: S104 - with keys, and for a moment

    assert_problem(server.api.get("/api/v1/traces"), 401)
    assert "No API key exists yet" in server.log


def test_a_setting_that_can_not_be_used_is_one_sentence(tmp_path: Any) -> None:
    server = Server(tmp_path / "data", {"PRELA_AUTH": "perhaps"})

    assert "PRELA_" in _refused_start(server)
    server.client.close()


@pytest.mark.embedded
def test_a_second_server_on_the_same_directory_is_told_who_has_it(server: Server) -> None:
    said = _refused_start(Server(server.data_dir, client=server.client), code=1)

    assert server.url in said
    assert str(server.running.pid) in said
