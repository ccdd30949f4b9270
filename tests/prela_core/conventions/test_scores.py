"""Judgements on a span, in the spellings of OpenTelemetry, Prela and OpenInference."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from prela_core.conventions import explain, resolve
from prela_core.model import SpanRecord

SpanMaker = Callable[..., SpanRecord]


def result(**said: Any) -> dict[str, Any]:
    names = {"name": "name", "value": "score.value", "label": "score.label"}
    attributes = {f"gen_ai.evaluation.{names.get(key, key)}": value for key, value in said.items()}
    return {"name": "gen_ai.evaluation.result", "attributes": attributes}


def test_events_become_scores_in_their_order(make_span: SpanMaker) -> None:
    events = [
        result(name="relevance", value=0.8, label="good", explanation="it fits"),
        {"name": "exception", "attributes": {"gen_ai.evaluation.name": "no"}},
        result(name="thumbs", value=-1, source="HUMAN"),
        result(label="pass"),
    ]
    span = make_span(events=events)

    assert [
        {"name": "relevance", "value": 0.8, "label": "good", "explanation": "it fits"},
        {"name": "thumbs", "value": -1, "source": "human"},
        {"label": "pass"},
    ] == json.loads(resolve(span).scores)
    assert "gen_ai.evaluation.result" == explain(span)["scores"]


@pytest.mark.parametrize(
    ("prefix", "wrapper"), [("annotations.", "annotation."), ("evaluations.", "evaluation.")]
)
def test_indexed_attributes_become_scores(make_span: SpanMaker, prefix: str, wrapper: str) -> None:
    span = make_span(
        {
            f"{prefix}1.{wrapper}name": "second",
            f"{prefix}1.{wrapper}score": "0.5",
            f"{prefix}0.{wrapper}name": "first",
            f"{prefix}0.{wrapper}label": "bad",
            f"{prefix}0.{wrapper}annotator_kind": "LLM",
            f"{prefix}0.{wrapper}metadata": {"x": 1},
        }
    )

    assert [
        {"name": "first", "label": "bad", "source": "llm"},
        {"name": "second", "value": 0.5},
    ] == json.loads(resolve(span).scores)
    assert prefix == explain(span)["scores"]


@pytest.mark.parametrize(
    "events",
    [
        [],
        [result()],
        [result(value=None, name="", label=3, explanation=["x"])],
        [result(value="good")],
        [result(value=[1])],
        [{"name": "gen_ai.evaluation.result", "attributes": [1]}],
        [{"name": 7, "attributes": {"k": "gen_ai.evaluation.result"}}, None],
        b'["gen_ai.evaluation.result"',
    ],
)
def test_what_says_nothing_is_no_score(make_span: SpanMaker, events: Any) -> None:
    assert "" == resolve(make_span(events=events)).scores
