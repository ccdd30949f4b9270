"""The document as one page of HTML: no script, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from prela_server.docs.markup import Markup, code, json_block, prose, slug, tag
from prela_server.docs.outline import by_tag, resolved
from prela_server.docs.schema_tables import fields_table, type_of

__all__ = ["PAGE_POLICY", "render_page"]

_STYLE = files("prela_server.docs").joinpath("page.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='4' fill='%234f46e5'/%3E"
    "%3Cpath d='M4 4.5h8M6 8h6M8 11.5h4' stroke='white' stroke-width='1.6' "
    "stroke-linecap='round'/%3E%3C/svg%3E"
)

PAGE_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy under which the page may be shown: its style is known by hash."""


def render_page(document: Mapping[str, Any]) -> str:
    """Render an OpenAPI document for reading."""
    info = document["info"]
    head = Markup("").join(
        [
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", f"{info['title']} HTTP API"),
            tag("link", rel="icon", href=_ICON),
            tag("style", Markup(_STYLE)),
        ]
    )
    body = Markup("").join(
        [
            tag("a", "Skip to the content", href="#content", class_="skip"),
            tag("nav", _contents(document), aria_label="Contents"),
            tag("main", _introduction(document) + _sections(document), id="content"),
        ]
    )
    whole = tag("html", tag("head", head) + tag("body", body), lang="en")
    return f"<!doctype html>\n{whole}\n"


def _contents(document: Mapping[str, Any]) -> Markup:
    info = document["info"]
    brand = tag("a", info["title"], href="#top", class_="brand")
    parts = [brand + tag("span", f"HTTP API {info['version']}", class_="version")]
    for name, operations in by_tag(document).items():
        links = [
            tag(
                "li",
                tag(
                    "a",
                    _method(method) + tag("span", operation["summary"]),
                    href=f"#{operation['operationId']}",
                ),
            )
            for method, _, operation in operations
        ]
        parts.append(tag("h2", tag("a", name, href=f"#{slug(name)}")))
        parts.append(tag("ul", Markup("").join(links)))
    parts.append(tag("h2", tag("a", "Schemas", href="#schemas")))
    return Markup("").join(parts)


def _introduction(document: Mapping[str, Any]) -> Markup:
    info = document["info"]
    return tag(
        "header",
        tag("h1", f"{info['title']} HTTP API")
        + tag("p", info["summary"], class_="lead")
        + prose(info["description"])
        + tag(
            "p",
            "For programs: "
            + tag("a", "/openapi.json", href="/openapi.json")
            + f" (OpenAPI {document['openapi']}).",
        ),
        id="top",
    )


def _sections(document: Mapping[str, Any]) -> Markup:
    texts = {each["name"]: each["description"] for each in document["tags"]}
    sections = [
        tag(
            "section",
            tag("h2", name)
            + prose(texts[name])
            + Markup("").join(_operation(document, *each) for each in operations),
            id=slug(name),
        )
        for name, operations in by_tag(document).items()
    ]
    schemas = document["components"]["schemas"]
    listed = [
        tag(
            "details",
            tag("summary", tag("h3", name))
            + tag("div", _schema(schema), id=f"schema-{name}", class_="inside"),
            class_="schema",
        )
        for name, schema in schemas.items()
    ]
    sections.append(tag("section", tag("h2", "Schemas") + Markup("").join(listed), id="schemas"))
    return Markup("").join(sections)


def _schema(schema: Mapping[str, Any]) -> Markup:
    text = prose(schema.get("description", ""))
    if "properties" in schema:
        return text + fields_table(schema)
    return text + tag("p", type_of(schema))


def _operation(
    document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]
) -> Markup:
    parts = [prose(operation["description"])]
    if samples := operation.get("x-codeSamples"):
        parts.append(tag("h4", "Try it") + tag("pre", tag("code", samples[0]["source"])))
    if parameters := operation.get("parameters"):
        parts.append(tag("h4", "Parameters") + _parameters(parameters))
    if body := operation.get("requestBody"):
        media, *_ = body["content"].values()
        parts.append(tag("h4", "Body") + _fields_of(document, media["schema"]))
    parts.append(tag("h4", "Answers") + _answers(document, operation["responses"]))
    summary = (
        _method(method)
        + tag("code", path, class_="path")
        + tag("span", operation["summary"], class_="what")
    )
    return tag(
        "details",
        tag("summary", tag("h3", summary))
        # The fragment stands inside, since following a link to what is folded away unfolds it.
        + tag("div", Markup("").join(parts), id=operation["operationId"], class_="inside"),
        class_="operation",
    )


def _parameters(parameters: list[Mapping[str, Any]]) -> Markup:
    rows = []
    for each in parameters:
        name = "attr.<key>" if each.get("explode") else each["name"]
        marks = tag("span", "required", class_="required") if each.get("required") else Markup("")
        example = "" if each.get("explode") else each.get("example", "")
        shown = tag("p", "Example: " + code(str(example)), class_="note") if example else Markup("")
        kind = Markup("text") if each.get("explode") else type_of(each["schema"])
        rows.append(
            tag("dt", tag("code", name) + tag("span", kind, class_="type") + marks)
            + tag("dd", prose(each["description"]) + shown)
        )
    return tag("dl", Markup("").join(rows), class_="fields")


def _fields_of(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Markup:
    name = schema["$ref"].rpartition("/")[2]
    found = document["components"]["schemas"][name]
    link = tag("p", "A JSON object: " + tag("a", name, href=f"#schema-{name}"))
    return link + tag("details", tag("summary", "Fields") + fields_table(found), class_="minor")


def _answers(document: Mapping[str, Any], responses: Mapping[str, Any]) -> Markup:
    rows = []
    for status, said in responses.items():
        response = resolved(document, said)
        if not response.get("content"):
            rows.append(_answer(status, prose(response["description"])))
            continue
        (media_type, media), *_ = response["content"].items()
        name = media["schema"].get("$ref", "").rpartition("/")[2]
        about = prose(response["description"])
        if not name:
            about += tag("p", f"Bytes: {', '.join(response['content'])}", class_="note")
        elif status.startswith("2"):
            kind = "A JSON object: " + tag("a", name, href=f"#schema-{name}")
            example = tag(
                "details",
                tag("summary", "Example") + json_block(media["example"]),
                class_="minor",
                open=len(str(media["example"])) < 600,  # noqa: PLR2004 - about a screenful
            )
            about += tag("p", kind, class_="note") + example
        else:
            headers = "".join(f" with {each}" for each in response.get("headers", {}))
            example = tag(
                "details",
                tag("summary", media_type + headers) + json_block(media["example"]),
                class_="minor",
            )
            about += example
        rows.append(_answer(status, about))
    return tag("dl", Markup("").join(rows), class_="answers")


def _answer(status: str, about: Markup) -> Markup:
    return tag("dt", tag("code", status, class_=f"status s{status[0]}")) + tag("dd", about)


def _method(method: str) -> Markup:
    return tag("span", method.upper(), class_=f"method {method}")
