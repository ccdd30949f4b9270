"""How well a span was done, in the words of whoever judged it: the column `scores`.

Scores are a JSON list of objects with these keys, those left out that were not sent: `name` (what
was judged), `value` (a number), `label` (the verdict as a word), `explanation`, and `source` (who
judged: `human`, `llm`, `code` or what else the sender calls it). They come as events
`gen_ai.evaluation.result` of OpenTelemetry and of Prela's own SDK, or as OpenInference's
`annotations.N.annotation.*` and `evaluations.N.evaluation.*`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Raw

from prela_core.conventions.indexed import found_by_number
from prela_core.conventions.raw_json import UNREADABLE
from prela_core.model import SpanRecord

__all__ = ["indexed_scores", "score_events"]

_EVENT = "gen_ai.evaluation.result"
_OF_EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "name": "gen_ai.evaluation.name",
        "value": "gen_ai.evaluation.score.value",
        "label": "gen_ai.evaluation.score.label",
        "explanation": "gen_ai.evaluation.explanation",
        "source": "gen_ai.evaluation.source",
    }
)
_OF_ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    {
        "name": "name",
        "value": "score",
        "label": "label",
        "explanation": "explanation",
        "source": "annotator_kind",
    }
)


class _Event(msgspec.Struct, gc=False):
    name: Raw = Raw(b'""')
    attributes: Raw = Raw(b"{}")


_events = msgspec.json.Decoder(list[Raw]).decode
_event = msgspec.json.Decoder(_Event).decode
_object = msgspec.json.Decoder(dict[str, Raw]).decode
_string = msgspec.json.Decoder(str).decode
_any = msgspec.json.Decoder().decode
_number = msgspec.json.Decoder(int | float, strict=False).decode


def score_events(_name: str, _attributes: dict[str, Raw], record: SpanRecord) -> str | None:
    """Collect the scores that were sent as events of the span."""
    if _EVENT.encode() not in record.events:
        return None
    try:
        events = _events(record.events)
    except UNREADABLE:
        return None
    return _encoded(map(_of_event, events))


def indexed_scores(prefix: str, attributes: dict[str, Raw], _record: SpanRecord) -> str | None:
    """Collect the scores that were flattened into attributes under `prefix`."""
    found = found_by_number(prefix, attributes)
    return _encoded([_score(found[number], _OF_ATTRIBUTES) for number in sorted(found)])


def _of_event(raw: Raw) -> dict[str, Any]:
    try:
        event = _event(raw)
        if _string(event.name) != _EVENT:
            return {}
        return _score(_object(event.attributes), _OF_EVENTS)
    except UNREADABLE:
        return {}


def _score(said: Mapping[str, Raw], spellings: Mapping[str, str]) -> dict[str, Any]:
    score: dict[str, Any] = {}
    for key, spelling in spellings.items():
        if spelling not in said:
            continue
        try:
            value = _number(said[spelling]) if key == "value" else _any(said[spelling])
        except UNREADABLE:
            continue
        if isinstance(value, str):
            if value:
                score[key] = value.lower() if key == "source" else value
        elif key == "value":
            score[key] = value
    return score


def _encoded(scores: Iterable[dict[str, Any]]) -> str | None:
    said = [score for score in scores if score]
    return msgspec.json.encode(said).decode(errors="replace") if said else None
