from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from prela_agents.errors import (
    ModelError,
    ModelRefusedError,
    NotSentError,
    UnexpectedRequestError,
)
from prela_agents.model import Request
from prela_agents.models.or_rules import OrRules
from prela_agents.models.rules import RulesModel
from prela_agents.models.schema import faults
from prela_agents.models.scripted import Line, ScriptedModel

SCHEMA = {
    "type": "object",
    "properties": {"relevant": {"type": "boolean"}},
    "required": ["relevant"],
    "additionalProperties": False,
}


def request(task: str = "scout.relevance", **inputs: Any) -> Request:
    return Request(task=task, instructions="Judge.", inputs=inputs, schema=SCHEMA)


@pytest.mark.anyio
async def test_rules_answer_the_tasks_that_they_know() -> None:
    model = RulesModel({"scout.relevance": lambda inputs: {"relevant": "prela" in inputs["text"]}})
    answer = await model.generate(request(text="about prela"))
    assert ({"relevant": True}, "rules", 0.0) == (answer.value, answer.model, answer.usage.cost_usd)
    with pytest.raises(UnexpectedRequestError, match=r"scout\.relevance"):
        await model.generate(request("scout.other"))


@pytest.mark.anyio
async def test_a_script_answers_by_the_first_line_that_fits_and_nothing_else() -> None:
    model = ScriptedModel(
        [
            Line(task="scout.relevance", inputs={"text": "a"}, value={"relevant": True}),
            Line(task="scout.relevance", inputs={"text": "b"}, value={"relevant": "yes"}),
            Line(task="scout.relevance", inputs={"text": "c"}, value=ModelError("no")),
            Line(task="echo", value=lambda inputs: {"relevant": inputs["said"]}),
        ]
    )
    assert {"relevant": True} == (await model.generate(request(text="a", more=1))).value
    assert {"relevant": False} == (await model.generate(request("echo", said=False))).value
    with pytest.raises(ModelError, match="no boolean"):
        await model.generate(request(text="b"))
    with pytest.raises(ModelError, match="no"):
        await model.generate(request(text="c"))
    with pytest.raises(UnexpectedRequestError):
        await model.generate(request(text="d"))
    assert 5 == len(model.asked)


@pytest.mark.anyio
async def test_what_a_model_declines_rules_do_and_each_signs_its_own() -> None:
    knows = Line(task="scout.relevance", inputs={"text": "a"}, value={"relevant": True})
    declines = Line(task="scout.relevance", inputs={"text": "b"}, value=ModelRefusedError("no"))
    away = Line(
        task="scout.relevance", inputs={"text": "c"}, value=NotSentError("claude", "it is away")
    )
    rules = RulesModel({"scout.relevance": lambda _: {"relevant": False}})
    model = OrRules(ScriptedModel([knows, declines, away], name="claude-x"), rules)
    assert "claude-x" == model.name
    assert "claude-x" == (await model.generate(request(text="a"))).model
    assert "rules" == (await model.generate(request(text="b"))).model
    with pytest.raises(NotSentError):
        await model.generate(request(text="c"))
    with pytest.raises(UnexpectedRequestError):
        await model.generate(request("scout.other"))


@pytest.mark.parametrize(
    ("value", "schema", "wrong"),
    [
        (3, {"type": "integer"}, False),
        (3.0, {"type": "integer"}, False),
        (3.5, {"type": "integer"}, True),
        (True, {"type": "integer"}, True),
        (True, {"type": "boolean"}, False),
        (2, {"type": "number", "minimum": 0, "maximum": 1}, True),
        ("ab", {"type": "string", "maxLength": 1}, True),
        ([1, 2], {"type": "array", "items": {"type": "string"}}, True),
        ([1, 2], {"type": "array", "maxItems": 1}, True),
        ("a", {"enum": ["a", "b"]}, False),
        ("c", {"type": "string", "enum": ["a", "b"]}, True),
        (None, {"anyOf": [{"type": "null"}, {"type": "string"}]}, False),
        (1, {"anyOf": [{"type": "null"}, {"type": "string"}]}, True),
        ({"relevant": True, "tool": "x"}, SCHEMA, True),
        ({}, SCHEMA, True),
        ([], SCHEMA, True),
    ],
)
def test_answers_are_held_against_the_schema(
    value: Any,
    schema: Mapping[str, Any],
    wrong: bool,  # noqa: FBT001
) -> None:
    assert wrong == bool(list(faults(value, schema)))


def test_words_of_a_schema_that_are_not_checked_are_an_error() -> None:
    with pytest.raises(ValueError, match="pattern"):
        list(faults("a", {"type": "string", "pattern": "a"}))
