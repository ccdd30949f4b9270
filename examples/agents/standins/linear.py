"""Linear's GraphQL, as far as a tracker of issues asks it: root fields, variables, errors."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.agents.standins.world import World

KEY = "lin_api_good"
TEAM = "6f1c2a55-0000-4000-8000-000000000001"


@attrs.define(kw_only=True)
class Issue:
    """An issue, with what is attached to it by address: title and subtitle."""

    id: str
    number: int
    title: str
    description: str = ""
    labels: list[str] = attrs.field(factory=list)
    team: str = TEAM
    changed: int = 0
    attachments: dict[str, tuple[str, str]] = attrs.field(factory=dict)

    def fields(self) -> dict[str, Any]:
        """Give it as queries ask for it."""
        return {
            "id": self.id,
            "identifier": f"PRE-{self.number}",
            "title": self.title,
            "description": self.description,
            "url": f"https://linear.app/prela/issue/PRE-{self.number}",
            "state": {"name": "Triage"},
            "labels": {"nodes": [{"name": name} for name in self.labels]},
        }


@attrs.define
class Desk:
    """What Linear holds. Every change makes its issue the latest."""

    issues: dict[str, Issue] = attrs.field(factory=dict)
    labels: dict[str, str] = attrs.field(factory=dict)
    changes: int = 0

    def touch(self, issue: Issue) -> None:
        """Take note that it was changed now."""
        self.changes += 1
        issue.changed = self.changes

    def latest(self) -> list[Issue]:
        """Give all issues, the last changed first."""
        return sorted(self.issues.values(), key=lambda each: each.changed, reverse=True)


def app(world: World) -> Starlette:
    """Serve the one endpoint there is."""
    desk = world.kept.setdefault("linear", Desk())

    async def graphql(request: Request) -> Response:
        if request.headers.get("authorization") != KEY:
            return _errors("AUTHENTICATION_ERROR", "Authentication required", 401)
        body = await request.json()
        found = re.search(r"\{\s*(\w+)", body["query"])
        if found is None or found[1] not in _FIELDS:
            return _errors("GRAPHQL_VALIDATION_FAILED", "Cannot query field", 400)
        try:
            answer = _FIELDS[found[1]](desk, body["variables"])
        except _RefusedError as refusal:
            return _errors("INPUT_ERROR", str(refusal), 200)
        return JSONResponse({"data": {found[1]: answer}}, headers=_LEFT)

    return Starlette(routes=[Route("/graphql", graphql, methods=["POST"])])


class _RefusedError(Exception):
    """What Linear refuses."""


_LEFT = {
    "x-ratelimit-requests-limit": "1500",
    "x-ratelimit-requests-remaining": "1499",
    "x-ratelimit-requests-reset": "1795000000000",
}


def rate_limited(until_ms: int) -> Response:
    """Answer as Linear does to too many requests: a 400 whose errors say so."""
    headers = {
        "x-ratelimit-requests-remaining": "0",
        "x-ratelimit-requests-reset": str(until_ms),
    }
    error = {"message": "Rate limit exceeded", "extensions": {"code": "RATELIMITED"}}
    return JSONResponse({"errors": [error]}, 400, headers=headers)


def _errors(code: str, message: str, status: int) -> Response:
    error = {"message": message, "extensions": {"code": code, "type": code.lower()}}
    return JSONResponse({"errors": [error], "data": None}, status)


def _issues(desk: Desk, asked: dict[str, Any]) -> Any:
    if "id" in asked:
        found = [each for each in desk.latest() if each.id == asked["id"]]
        return {"nodes": [each.fields() for each in found]}
    found = [each for each in desk.latest() if each.team == asked["team"]]
    start = int(asked.get("after") or 0)
    until = start + asked["first"]
    return {
        "nodes": [each.fields() for each in found[start:until]],
        "pageInfo": {"hasNextPage": until < len(found), "endCursor": str(until)},
    }


def _attachments(desk: Desk, asked: dict[str, Any]) -> Any:
    found = [each for each in desk.latest() if asked["url"] in each.attachments]
    return {"nodes": [{"issue": each.fields()} for each in found]}


def _search(desk: Desk, asked: dict[str, Any]) -> Any:
    words = set(asked["term"].lower().split())

    def score(issue: Issue) -> int:
        return len(words & set(f"{issue.title} {issue.description}".lower().split()))

    found = sorted((each for each in desk.latest() if score(each)), key=score, reverse=True)
    return {"nodes": [each.fields() for each in found[:50]]}


def _create(desk: Desk, asked: dict[str, Any]) -> Any:
    made = asked["input"]
    if UUID(made["id"]).version != 4:  # noqa: PLR2004 - as it is called
        raise _RefusedError("id must be a UUID v4")
    if made["id"] in desk.issues:
        raise _RefusedError("Entity with this id already exists")
    names = {number: name for name, number in desk.labels.items()}
    if unknown := set(made["labelIds"]) - names.keys():
        raise _RefusedError(f"no such label {unknown}")
    issue = Issue(
        id=made["id"],
        number=len(desk.issues) + 1,
        title=made["title"],
        description=made["description"],
        labels=[names[each] for each in made["labelIds"]],
        team=made["teamId"],
    )
    desk.issues[issue.id] = issue
    desk.touch(issue)
    return {"success": True, "issue": issue.fields()}


def _attach(desk: Desk, asked: dict[str, Any]) -> Any:
    made = asked["input"]
    issue = desk.issues.get(made["issueId"])
    if issue is None:
        raise _RefusedError("Entity not found: Issue")
    issue.attachments[made["url"]] = (made["title"], made["subtitle"])
    desk.touch(issue)
    return {"success": True}


def _labels(desk: Desk, asked: dict[str, Any]) -> Any:
    found = [
        {"id": number, "team": None}
        for name, number in desk.labels.items()
        if name.lower() == asked["name"].lower()
    ]
    return {"nodes": found}


def _make_label(desk: Desk, asked: dict[str, Any]) -> Any:
    number = f"label-{len(desk.labels)}"
    desk.labels[asked["input"]["name"]] = number
    return {"success": True, "issueLabel": {"id": number}}


_FIELDS = {
    "issues": _issues,
    "attachmentsForURL": _attachments,
    "searchIssues": _search,
    "issueCreate": _create,
    "attachmentCreate": _attach,
    "issueLabels": _labels,
    "issueLabelCreate": _make_label,
}
