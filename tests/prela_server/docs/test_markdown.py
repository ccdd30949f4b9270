from __future__ import annotations

import re
from typing import Any

from prela_server.docs.markdown import render_markdown


def test_every_operation_stands_there_with_its_curl_line(document: dict[str, Any]) -> None:
    page = render_markdown(document)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            section = _section(page, operation["summary"])
            assert f"`{method.upper()} {path}`\n" in section
            assert operation["description"] in section
            assert f"```sh\n{operation['x-codeSamples'][0]['source']}\n```" in section
            for each in operation.get("parameters", ()):
                assert "| attr." in section if each["name"] == "attr" else f"| `{each['name']}` |"
            for status in operation["responses"]:
                assert re.search(rf"\b{status}\b", section), f"{path} {status}"


def test_every_schema_stands_there_with_its_fields(document: dict[str, Any]) -> None:
    page = render_markdown(document)
    for name, schema in document["components"]["schemas"].items():
        section = _section(page, f"Schema: {name}")
        for field in schema.get("properties", {}):
            assert f"| `{field}` |" in section


def test_links_lead_to_headings_and_no_two_headings_are_alike(document: dict[str, Any]) -> None:
    page = re.sub(r"```.*?```", "", render_markdown(document), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", page, flags=re.MULTILINE)
    anchors = [re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings]

    assert len(set(anchors)) == len(anchors)
    assert set() == set(re.findall(r"\]\(#([^)]*)\)", page)) - set(anchors)


def test_tables_are_whole_and_hold_no_markup_of_html(document: dict[str, Any]) -> None:
    page = re.sub(r"```.*?```", "", render_markdown(document), flags=re.DOTALL)
    rows = [line for line in page.splitlines() if line.startswith("|")]

    assert {3, 4} == {len(re.findall(r"(?<!\\)\|", line)) for line in rows}
    assert [] == re.findall(r"</?(?:a|code|p|span)\b", page)


def _section(page: str, heading: str) -> str:
    begun = page.index(f"### {heading}\n")
    ended = re.compile("^##", re.MULTILINE).search(page, begun + 4)
    return page[begun : ended.start() if ended else None]
