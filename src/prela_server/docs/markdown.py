"""The document as a page of Markdown: docs/api.md, which `nox -s docs` writes.

python -m prela_server.docs.markdown docs/api.md
"""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from prela_server.docs.document import build_document
from prela_server.docs.outline import by_tag, resolved
from prela_server.docs.samples import Samples
from prela_server.docs.schema_tables import type_of

__all__ = ["api_page", "render_markdown"]

_HEAD = """\
<!-- Written by `nox -s docs` from the OpenAPI document; what you change here is lost. -->

# {title} HTTP API

{description}

For programs: every server has this document at `/openapi.json` (OpenAPI {openapi}), and a page \
of its own at `/docs`.
"""
_LINK = re.compile(r'<a href="#schema-([^"]+)">[^<]*</a>')
_LONG = 30
"""Lines of an example from which on it is folded."""


def api_page() -> str:
    """Give the text of docs/api.md: that of a server which asks for keys."""
    return render_markdown(build_document(Samples(), asks_for_keys=True))


def render_markdown(document: Mapping[str, Any]) -> str:
    """Render an OpenAPI document for reading where Markdown is shown."""
    info = document["info"]
    head = _HEAD.format(
        title=info["title"], description=info["description"], openapi=document["openapi"]
    )
    parts = [head, *_contents(document), *_operations(document)]
    parts += [*_refusals(document), *_schemas(document)]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _contents(document: Mapping[str, Any]) -> Iterator[str]:
    yield "## Contents"
    for name, operations in by_tag(document).items():
        lines = [
            f"| [{operation['summary']}](#{_anchor(operation['summary'])}) "
            f"| `{method.upper()} {path}` |"
            for method, path, operation in operations
        ]
        yield "\n".join([f"| {name} | |", "|---|---|", *lines])
    yield "Then [errors](#errors) and [schemas](#schemas)."


def _operations(document: Mapping[str, Any]) -> Iterator[str]:
    texts = {each["name"]: each["description"] for each in document["tags"]}
    for name, operations in by_tag(document).items():
        yield f"## {name}"
        yield texts[name]
        for method, path, operation in operations:
            yield f"### {operation['summary']}"
            yield f"`{method.upper()} {path}`"
            yield operation["description"]
            if parameters := operation.get("parameters"):
                yield _parameters(parameters)
            if body := operation.get("requestBody"):
                yield f"Body: {_kinds(body['content'])}."
            for sample in operation.get("x-codeSamples", ()):
                yield _fenced("sh", sample["source"])
            yield from _answers(document, operation["responses"])


def _parameters(parameters: list[Mapping[str, Any]]) -> str:
    rows = ["| Parameter | Type | Meaning |", "|---|---|---|"]
    for each in parameters:
        name = "attr.&lt;key&gt;" if each.get("explode") else f"`{each['name']}`"
        place = "" if each["in"] == "query" else f", in the {each['in']}"
        kind = "text" if each.get("explode") else _type(each["schema"])
        needed = ", required" if each.get("required") else ""
        example = each.get("example")
        shown = "" if example is None or each.get("explode") else f" Example: `{example}`."
        rows.append(
            f"| {name} | {_cell(kind + place + needed)} | {_cell(each['description'])}{shown} |"
        )
    return "\n".join(rows)


def _answers(document: Mapping[str, Any], responses: Mapping[str, Any]) -> Iterator[str]:
    refused = []
    for status, said in responses.items():
        response = resolved(document, said)
        if not status.startswith(("4", "5")):
            content = response.get("content", {})
            kinds = f" {_kinds(content)}." if content else ""
            yield f"**{status}** {response['description']}{kinds}"
            yield from _examples(content)
        elif "$ref" in said:
            name = said["$ref"].rpartition("/")[2]
            refused.append(f"[{status}](#{_anchor(_refusal_heading(status, name))})")
        else:
            refused.append(f"{status} ({_cell(response['description']).rstrip('.')})")
    if refused:
        yield f"Errors: {', '.join(refused)}."


def _examples(content: Mapping[str, Any]) -> Iterator[str]:
    for media_type, media in content.items():
        if "example" in media:
            yield _example(media_type, media["example"])


def _example(media_type: str, value: Any) -> str:
    if isinstance(value, str) and "json" not in media_type.partition("+")[0].split("/")[-1:]:
        return _fenced("text", value)
    text = json.dumps(value, indent=2, ensure_ascii=False)
    block = _fenced("json", text)
    if text.count("\n") < _LONG:
        return block
    return f"<details><summary>An example</summary>\n\n{block}\n\n</details>"


def _refusals(document: Mapping[str, Any]) -> Iterator[str]:
    yield "## Errors"
    for name, response in document["components"]["responses"].items():
        (media_type, media), *_ = response["content"].items()
        status = str(media["example"]["status"])
        yield f"### {_refusal_heading(status, name)}"
        headers = "".join(
            f" With the header `{header}`: {said['description']}"
            for header, said in response.get("headers", {}).items()
        )
        yield f"{response['description']}{headers}"
        yield _example(media_type, media["example"])


def _schemas(document: Mapping[str, Any]) -> Iterator[str]:
    yield "## Schemas"
    for name, schema in document["components"]["schemas"].items():
        yield f"### {_schema_heading(name)}"
        if said := schema.get("description"):
            yield said
        if "properties" not in schema:
            yield f"{_type(schema)}."
            continue
        required = schema.get("required", ())
        rows = ["| Field | Type | Meaning |", "|---|---|---|"]
        for field, described in schema["properties"].items():
            needed = "" if field in required else ", may be left out"
            meaning = _cell(described.get("description", ""))
            rows.append(f"| `{field}` | {_cell(_type(described) + needed)} | {meaning} |")
        yield "\n".join(rows)


def _kinds(content: Mapping[str, Any]) -> str:
    return ", or ".join(
        f"{_type(media['schema'])} as `{media_type}`" for media_type, media in content.items()
    )


def _type(schema: Mapping[str, Any]) -> str:
    """Say in words what values are meant, as the page of HTML does."""
    words = _LINK.sub(
        lambda match: f"[{match[1]}](#{_anchor(_schema_heading(match[1]))})", str(type_of(schema))
    )
    return html.unescape(re.sub(r"</?code>", "`", words))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _refusal_heading(status: str, name: str) -> str:
    return f"{status} {name}"


def _schema_heading(name: str) -> str:
    return f"Schema: {name}"  # apart from the headings of operations and their groups


def _anchor(heading: str) -> str:
    """Give the fragment by which Markdown's readers find a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(api_page(), encoding="utf-8")
