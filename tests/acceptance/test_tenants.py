"""Another project's ids, names and SQL give what unknown ones give: by every address and command.

The addresses are those of the server's own document, so that one that is added later is asked
here as well, and fails until `tenant_samples` says how it could name what is another's.
"""

from __future__ import annotations

import json
import re
from typing import Any

import attrs
import click
import httpx
import pytest
from click.testing import CliRunner
from tests.acceptance.tenant_samples import (
    BODIES,
    COMMANDS,
    NAMES,
    NEUTRAL,
    OTHER_COMMANDS,
    OWN_HEX,
    WHOLE_COMMANDS,
    Named,
    spans,
)
from tests.conftest import Api, Serve, Server, await_that, span

from prela_cli.main import prela
from prela_server.docs.document import build_document
from prela_server.docs.operation import INGEST
from prela_server.docs.samples import Samples

DOCUMENT = build_document(Samples(), asks_for_keys=True)
OPERATIONS = {
    (method.upper(), path): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if operation["security"]
}
IDS = [f"{method} {path}" for method, path in OPERATIONS]
every_operation = pytest.mark.parametrize(("method", "path"), list(OPERATIONS), ids=IDS)

_NOBODYS = Named("nobodyhas", "f" * 32, "del_00000000000000000000")
_OWN = Named("betaowned", "b" * 32)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_FOLLOWED = re.compile(r'"next_cursor":"[^"]*"')
_DELETION = re.compile(r"del_[0-9a-f]{20}")
_UNEQUAL = frozenset({"date", "x-request-id", "content-length"})


@attrs.frozen
class Tenants:
    server: Server
    alpha: Api
    beta: Api
    theirs: Named
    own: Named
    keys: dict[str, str]


@pytest.fixture(scope="module")
def tenants(module_serve: Serve) -> Tenants:
    server = module_serve(PRELA_AUTH="on")
    keys = {}
    for project in ("alpha", "beta", "gamma", "delta", "epsilon"):
        scopes = [word for each in ("ingest", "read", "delete") for word in ("--scope", each)]
        made = server.prela("keys", "create", "--project", project, *scopes)
        keys[project] = made.stdout.strip()
    alpha, beta, gamma = (server.api.with_key(keys[each]) for each in ("alpha", "beta", "gamma"))
    theirs = Named("alphaonly", "a" * 32)
    for api, named in ((alpha, theirs), (beta, _OWN), (gamma, Named("gammaowns", "c" * 32))):
        api.accept("/v1/batch", {"spans": [span(**each) for each in spans(named)]})
    receipts = [
        api.post("/api/v1/deletions", {"trace_ids": [named.fill("{who}-gone")]}).json()
        for api, named in ((alpha, theirs), (alpha, theirs), (beta, _OWN))
    ]
    return Tenants(
        server,
        alpha,
        beta,
        attrs.evolve(theirs, deletion=receipts[0]["deletion_id"]),
        attrs.evolve(_OWN, deletion=receipts[-1]["deletion_id"]),
        keys,
    )


def test_every_parameter_is_known_to_name_something_or_nothing() -> None:
    used = {
        parameter["name"]
        for operation in OPERATIONS.values()
        for parameter in operation.get("parameters", ())
    }
    assert used - {"cursor"} <= set(NAMES) | NEUTRAL
    assert not set(NAMES) & NEUTRAL


def test_every_body_is_known() -> None:
    with_bodies = {
        operation["operationId"]
        for operation in OPERATIONS.values()
        if "requestBody" in operation and operation["tags"] != [INGEST]
    }
    assert with_bodies == set(BODIES)


@every_operation
def test_what_is_anothers_is_as_what_is_not(tenants: Tenants, method: str, path: str) -> None:
    operation = OPERATIONS[method, path]
    for parameter in _naming(operation):
        asked = [
            _ask(tenants.beta, method, path, operation, tenants.own, {parameter: named})
            for named in (tenants.theirs, _NOBODYS)
        ]
        assert asked[0] == asked[1], parameter
        assert tenants.theirs.who not in str(asked), parameter


@every_operation
def test_whose_it_is_sees_a_difference(tenants: Tenants, method: str, path: str) -> None:
    operation = OPERATIONS[method, path]
    if method != "GET":
        return
    for parameter in _naming(operation):
        asked = [
            _ask(tenants.alpha, method, path, operation, tenants.theirs, {parameter: named})
            for named in (tenants.theirs, _NOBODYS)
        ]
        assert asked[0] != asked[1], parameter


@every_operation
def test_nothing_of_another_is_in_an_answer(tenants: Tenants, method: str, path: str) -> None:
    if method != "GET":
        return
    operation = OPERATIONS[method, path]
    mine = _request(tenants.beta, method, path, operation, tenants.own, {})
    theirs = _request(tenants.alpha, method, path, operation, tenants.theirs, {})
    assert (200, 200) == (mine.status_code, theirs.status_code)
    assert tenants.theirs.who not in mine.text
    assert tenants.own.who not in theirs.text
    # Otherwise it would show nothing of anybody, and this test could not fail.
    assert tenants.own.who in mine.text
    assert tenants.theirs.who in theirs.text


@every_operation
def test_anothers_cursor_is_as_one_that_is_made_up(
    tenants: Tenants, method: str, path: str
) -> None:
    operation = OPERATIONS[method, path]
    if "cursor" not in _names(operation):
        return
    fixed = {"limit": "1"}
    page = _request(tenants.alpha, method, path, operation, tenants.theirs, {}, fixed).json()
    cursor = page["next_cursor"]
    assert cursor is not None
    made_up = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    answers = [
        _plain(_request(tenants.beta, method, path, operation, tenants.own, {}, {"cursor": each}))
        for each in (cursor, made_up)
    ]
    assert tenants.theirs.who not in str(answers)
    if answers[0][0] != 200:
        assert answers[0] == answers[1]
    else:
        # A moment, which is nobody's: it is taken as the asker's own.
        assert operation["operationId"] == "followSpans"


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        pytest.param(path, operation, id=operation["operationId"])
        for (method, path), operation in OPERATIONS.items()
        if method == "POST"
    ],
)
def test_a_body_that_names_what_is_anothers(tenants: Tenants, path: str, operation: Any) -> None:
    # What is sent is kept, in projects that nothing else is asked of.
    api = tenants.beta
    if operation["tags"] == [INGEST]:
        api = tenants.server.api.with_key(tenants.keys["delta"])
    elif "202" in operation["responses"]:
        api = tenants.server.api.with_key(tenants.keys["epsilon"])
    for template in _bodies(operation):
        asked = []
        for named in (tenants.theirs, _NOBODYS):
            status, headers, text = _sent(api, path, named.fill(template))
            asked.append((status, headers, named.hide(text)))
        assert asked[0] == asked[1], template
        assert tenants.theirs.who not in str(asked), template


def test_every_command_that_asks_a_server_is_known() -> None:
    context = click.Context(prela)
    asking = {
        name
        for name in prela.list_commands(context)
        if any(
            parameter.name == "url" and isinstance(parameter, click.Option)
            for parameter in _command(context, name).params
        )
    }
    assert asking - OTHER_COMMANDS == set(COMMANDS) | set(WHOLE_COMMANDS)


@pytest.mark.parametrize("command", list(COMMANDS))
def test_a_command_tells_of_nothing_that_is_anothers(
    tenants: Tenants, command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for template in COMMANDS[command]:
        asked = [
            _run(tenants, command, template, "beta", named) for named in (tenants.theirs, _NOBODYS)
        ]
        assert asked[0] == asked[1], template
        assert tenants.theirs.who not in str(asked)
        control = [
            _run(tenants, command, template, "alpha", named) for named in (tenants.theirs, _NOBODYS)
        ]
        assert control[0] != control[1], template


@pytest.mark.parametrize("command", list(WHOLE_COMMANDS))
def test_a_command_shows_what_is_the_askers_alone(
    tenants: Tenants, command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for project, has, has_not in (
        ("beta", tenants.own, tenants.theirs),
        ("alpha", tenants.theirs, tenants.own),
    ):
        _, shown = _run(tenants, command, WHOLE_COMMANDS[command], project, _NOBODYS)
        assert has.who in shown
        assert has_not.who not in shown


def test_in_the_end_nothing_of_another_was_changed(tenants: Tenants) -> None:
    before = _everything(tenants.alpha)
    assert tenants.theirs.who in before
    gamma = tenants.server.api.with_key(tenants.keys["gamma"])
    assert "gammaowns" in _everything(gamma)
    assert 202 == gamma.post("/api/v1/deletions", {"everything": True}).status_code
    epsilon = tenants.server.api.with_key(tenants.keys["epsilon"])
    for api in (gamma, epsilon, tenants.alpha):
        await_that(lambda api=api: _is_all_gone(api), "the deletions are carried out", seconds=60)
    assert before == _everything(tenants.alpha)
    assert "gammaowns" not in _everything(gamma)
    sent = {(each["trace_id"], each["span_id"]) for each in spans(tenants.theirs)}
    assert sent == {
        (each["trace_id"], each["span_id"])
        for trace in tenants.alpha.walk("/api/v1/traces")
        for each in tenants.alpha.read(f"/api/v1/traces/{trace['trace_id']}")["spans"]
    }


def _everything(api: Api) -> str:
    traces = list(api.walk("/api/v1/traces"))
    shown = [api.read(f"/api/v1/traces/{each['trace_id']}") for each in traces]
    return json.dumps([traces, shown])


def _is_all_gone(api: Api) -> bool:
    return all(each["gone_at"] for each in api.walk("/api/v1/deletions"))


def _names(operation: Any) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", ())}


def _naming(operation: Any) -> list[str]:
    return [name for name in NAMES if name in _names(operation)]


def _ask(  # noqa: PLR0917 - all of it makes up the question
    api: Api, method: str, path: str, operation: Any, own: Named, others: dict[str, Named]
) -> Any:
    (named,) = others.values()
    status, headers, text = _plain(_request(api, method, path, operation, own, others))
    return status, headers, named.hide(text)


def _request(  # noqa: PLR0917 - likewise
    api: Api,
    method: str,
    path: str,
    operation: Any,
    own: Named,
    others: dict[str, Named],
    fixed: dict[str, str] | None = None,
) -> httpx.Response:
    """Ask with what must be said, of `own`, and with parameters that name things of `others`."""
    query: dict[str, str] = {"by": "name"} if "by" in _names(operation) else {}
    query |= {"since": "2026-01-01T00:00:00Z"} if "since" in _names(operation) else {}
    query |= fixed or {}
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        if name not in others and not parameter.get("required"):
            continue
        value = others.get(name, own).fill(NAMES[name])
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", value)
        else:
            query["attr.tag" if name == "attr" else name] = value
    return api.request(method, path, params=query)


def _plain(answer: httpx.Response) -> tuple[int, dict[str, str], str]:
    headers = {name: text for name, text in answer.headers.items() if name not in _UNEQUAL}
    text = answer.text
    if answer.request.url.path == "/api/v1/live":
        text = _FOLLOWED.sub("", text)  # the moment of the answer
    if answer.request.method != "GET":
        text = _DELETION.sub("del", _MOMENT.sub("then", text))
        headers = {name: _DELETION.sub("del", value) for name, value in headers.items()}
    return answer.status_code, headers, text


def _bodies(operation: Any) -> list[str]:
    if operation["operationId"] in BODIES:
        return BODIES[operation["operationId"]]
    examples = operation["requestBody"]["content"]["application/json"]["examples"].values()
    return [json.dumps(each["value"]).replace(OWN_HEX, "{hex}") for each in examples]


def _sent(api: Api, path: str, body: str) -> tuple[int, dict[str, str], str]:
    json_type = {"Content-Type": "application/json"}
    return _plain(api.request("POST", path, content=body.encode(), headers=json_type))


def _run(
    tenants: Tenants, command: str, template: list[str], project: str, named: Named
) -> tuple[int, str]:
    own = tenants.own if project == "beta" else tenants.theirs
    out = tenants.server.data_dir.parent / f"{project}-{command}-{named.who}"
    filled = (each.replace("{own}", own.who).replace("{out}", str(out)) for each in template)
    arguments = [named.fill(each) for each in filled]
    server = ["--url", tenants.server.asks_at, "--api-key", tenants.keys[project]]
    done = CliRunner().invoke(prela, [command, *arguments, *server])
    assert done.exit_code != 1, done.output
    return done.exit_code, named.hide(done.output.replace(str(out), "out"))


def _command(context: click.Context, name: str) -> click.Command:
    command = prela.get_command(context, name)
    assert command is not None
    return command
