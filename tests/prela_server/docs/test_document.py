from __future__ import annotations

import re
from typing import Any

import jsonschema
import openapi_spec_validator
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from prela_server.docs.document import build_document
from prela_server.docs.fields import FIELDS
from prela_server.docs.operations import operations
from prela_server.docs.samples import Samples
from prela_server.query.documents import PARAMETERS
from prela_server.query.parameters import Parameters

METHODS_OF_STARLETTE = {"HEAD"}  # answered wherever GET is


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    openapi_spec_validator.OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_in_the_document_and_no_other(
    document: dict[str, Any], docs_app: Starlette
) -> None:
    routes = {
        (method, route.path_format)
        for route in docs_app.routes
        if isinstance(route, Route) and route.include_in_schema
        for method in (route.methods or set()) - METHODS_OF_STARLETTE
    }
    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    assert routes == described


def test_every_operation_says_what_it_is(document: dict[str, Any]) -> None:
    ids = []
    for operation in _operations(document):
        ids.append(operation["operationId"])
        assert operation["summary"]
        assert operation["description"]
        assert operation["tags"][0] in {each["name"] for each in document["tags"]}
        assert operation["x-codeSamples"][0]["source"].startswith("curl ")
    assert len(set(ids)) == len(ids)


def test_every_field_is_described(document: dict[str, Any]) -> None:
    undescribed = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, said in schema.get("properties", {}).items()
        if not said.get("description")
    ]
    assert [] == undescribed


def test_no_description_is_left_of_a_field_that_is_gone(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    fields = {field for schema in schemas.values() for field in schema.get("properties", {})}
    fields |= {
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field in schema.get("properties", {})
    }
    assert set() == set(FIELDS) - fields


def test_moments_are_said_to_be_date_times(document: dict[str, Any]) -> None:
    summary = document["components"]["schemas"]["TraceSummary"]["properties"]
    assert "date-time" == summary["started_at"]["format"]
    assert [
        {"type": "string", "format": "date-time"},
        {"type": "null"},
    ] == summary["completed_at"]["anyOf"]


def test_every_example_is_valid(document: dict[str, Any]) -> None:
    count = 0
    for schema, example in _examples(document):
        jsonschema.validate(
            example,
            {**schema, "components": document["components"]},
            format_checker=jsonschema.FormatChecker(),
        )
        count += 1
    assert count > 40


def test_parameters_are_described_once_each(document: dict[str, Any]) -> None:
    used = {name for operation in _operations(document) for name in _query_names(operation)}
    noted = {name for operation in operations(Samples()) for name in operation.notes}
    assert set(PARAMETERS) == used - {"attr"} - (noted - set(PARAMETERS))


def test_every_parameter_that_is_taken_is_described(
    document: dict[str, Any], docs_get: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: dict[str, set[str]] = {}
    path = ""
    read = Parameters.__init__

    def watched(self: Any, sent: Any, known: Any, *, attributes: bool = False) -> None:
        taken[path] = {*known, *(("attr",) if attributes else ())}
        read(self, sent, known, attributes=attributes)

    monkeypatch.setattr(Parameters, "__init__", watched)
    described = {
        path: set(_query_names(methods["get"]))
        for path, methods in document["paths"].items()
        if "get" in methods and path.startswith("/api/v1/") and path != "/api/v1/health"
    }
    for path in described:
        docs_get(re.sub(r"\{\w+\}", "t", path))
    assert described == taken


def test_keys_are_asked_for_where_the_server_asks() -> None:
    with_keys = build_document(Samples(), asks_for_keys=True)
    without = build_document(Samples(), asks_for_keys=False)
    for path, method in (("/v1/spans", "post"), ("/api/v1/traces", "get")):
        assert [{"ApiKey": []}, {"Bearer": []}] == with_keys["paths"][path][method]["security"]
        assert {} in without["paths"][path][method]["security"]
        assert "401" in with_keys["paths"][path][method]["responses"]
        assert "401" not in without["paths"][path][method]["responses"]
    assert [] == with_keys["paths"]["/health"]["get"]["security"]


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for methods in document["paths"].values() for each in methods.values()]


def _query_names(operation: dict[str, Any]) -> list[str]:
    return [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]


def _examples(document: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    media: list[dict[str, Any]] = []
    found: list[tuple[dict[str, Any], Any]] = []
    for operation in _operations(document):
        media += operation.get("requestBody", {}).get("content", {}).values()
        for response in operation["responses"].values():
            media += response.get("content", {}).values()
        found += [
            (each["schema"], each["example"])
            for each in operation.get("parameters", ())
            if "example" in each
        ]
    for response in document["components"]["responses"].values():
        media += response["content"].values()
    for each in (one for one in media if one["schema"].get("format") != "binary"):
        examples = [named["value"] for named in each.get("examples", {}).values()]
        examples += [each["example"]] if "example" in each else []
        assert examples
        found += [(each["schema"], example) for example in examples]
    return found
