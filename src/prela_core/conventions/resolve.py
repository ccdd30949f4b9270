"""From a span's attributes to its typed columns, by the tables and nothing else.

Only the keys are decoded; values stay raw until a rule asks for one. Which rules can apply
depends on a span's keys, and emitters repeat themselves: a plan is made once for each set of
keys that the rules can tell apart, and remembered. Typed decoding of all known keys into one
struct was tried too: with more than ninety spellings it costs more than decoding all keys of a
usual span does.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from prela_core.conventions.columns import COLUMNS, TypedColumns
from prela_core.conventions.keys import READ_FROM_EVENTS, shape_of
from prela_core.conventions.prices import cost_usd, price_of, price_version
from prela_core.conventions.raw_json import UNREADABLE
from prela_core.conventions.readers import (
    BAD,
    PLAIN,
    READERS,
    USUAL_READER,
    Attributes,
    Decode,
    Reader,
    text,
)
from prela_core.conventions.span_types import (
    MODEL_TYPES,
    SPAN_TYPES,
    TOOL_PREFIX,
    WordRule,
)
from prela_core.conventions.spellings import SPELLINGS, Rule
from prela_core.model import Flag, SpanRecord, SpanType

__all__ = ["explain", "resolve", "usual_words"]

_INDEX = {name: index for index, name in enumerate(COLUMNS)}
_SPAN_TYPE = _INDEX["span_type"]
_MODEL = _INDEX["model"]
_INPUT_TOKENS = _INDEX["input_tokens"]
_COUNTS = slice(_INPUT_TOKENS, _INDEX["cache_write_tokens"] + 1)
"""Tokens of input, of output, read from a cache, written to one: neighbours in `TypedColumns`."""
_COST = _INDEX["cost_usd"]
_COST_SOURCE = _INDEX["cost_source"]
_PRICE_VERSION = _INDEX["price_version"]
_FLAGS = _INDEX["flags"]

_ABSENT: list[Any] = [getattr(TypedColumns(), name) for name in COLUMNS]
_ABSENT[_SPAN_TYPE] = ""
_TOOL, _LLM, _CUSTOM = SpanType.TOOL.value, SpanType.LLM.value, SpanType.CUSTOM.value
_BAD_NUMBER = Flag.BAD_NUMBER.value

_BY_PAYLOAD = Rule("span_type")
_BY_TOOL = Rule(TOOL_PREFIX + "*")
_BY_DEFAULT = Rule("default")
_BY_PRICE = Rule("price table")

_MAX_PLANS = 4096
_MAX_SHAPE = 256
_MAX_KEY_SETS = 1024
_MAX_KEYS = 64
_MAX_KEY = 200

_decode = msgspec.json.Decoder(dict[str, Raw]).decode
_string = msgspec.json.Decoder(str).decode
_NO_EVENTS = len(b"[]")

_Step = tuple[Decode | None, Reader, str, Rule]
_Plan = tuple[tuple[int, bool, Decode | None, Reader, str, Rule], ...]
"""Steps with the column's index before them, and whether the step is the column's first."""

_Shape = tuple[tuple[str, ...], bool]


def usual_words(rule: WordRule) -> dict[str, str | None]:
    """Give what the words of a rule mean, in the usual letter cases, to be looked up as they are.

    This runs for every span; other words are put in lower case first.
    """
    return {word: rule.meaning(word) for each in rule.words for word in (each, each.upper())}


def _word_reader(rule: WordRule) -> Reader:
    usual = usual_words(rule)

    def word(key: str, attributes: Attributes, record: SpanRecord) -> str | None:
        try:
            return usual[_string(attributes[key])]
        except (KeyError, ValueError):
            said = text(key, attributes, record)
        return None if said is None else rule.meaning(said)

    return word


def _tool(_key: str, _attributes: Attributes, _record: SpanRecord) -> str:
    return _TOOL


def _steps(column: str) -> list[_Step]:
    usual = USUAL_READER.get(column, "text")
    names = [rule.read or usual for rule in SPELLINGS[column]]
    return [
        (PLAIN.get(name), READERS[name], rule.spelling, rule)
        for name, rule in zip(names, SPELLINGS[column], strict=True)
    ]


_STEPS: list[tuple[int, list[_Step]]] = [
    (
        _SPAN_TYPE,
        [
            *(
                (None, _word_reader(rule), rule.spelling, Rule(rule.spelling))
                for rule in SPAN_TYPES
            ),
            (None, _tool, TOOL_PREFIX, _BY_TOOL),
        ],
    ),
    *((_INDEX[column], _steps(column)) for column in SPELLINGS),
]

_plans: dict[_Shape, _Plan] = {}
_plans_by_keys: tuple[dict[tuple[str, ...], _Plan], ...] = ({}, {})
"""Found by all keys, in the order sent: without events, and with them.

Emitters whose keys differ from span to span miss here, and are found by shape instead.
"""


def _make_plan(shape: _Shape) -> _Plan:
    """Keep of all steps, in order, those that a span of this shape can take.

    The shape is what the rules can see of the span's keys, and whether it has events.
    """
    kinds = set(shape[0])
    if any(kind.startswith(TOOL_PREFIX) for kind in kinds):
        kinds.add(TOOL_PREFIX)

    def can(key: str, rule: Rule) -> bool:
        return shape[1] if rule.read in READ_FROM_EVENTS else key in kinds

    kept = ((index, [s for s in steps if can(s[2], s[3])]) for index, steps in _STEPS)
    plan = tuple(
        (index, number == 0, *step) for index, steps in kept for number, step in enumerate(steps)
    )
    if len(shape[0]) <= _MAX_SHAPE:
        if len(_plans) >= _MAX_PLANS:
            # Shapes come from senders; what is remembered of them must not grow without end.
            _plans.clear()
        _plans[shape] = plan
    return plan


def _find_plan(attributes: Attributes, *, has_events: bool) -> _Plan:
    """Give the plan for attributes whose exact keys were not met before."""
    shape = (shape_of(attributes), has_events)
    plan = _plans.get(shape)
    if plan is None:
        plan = _make_plan(shape)
    if len(attributes) <= _MAX_KEYS and max(map(len, attributes), default=0) <= _MAX_KEY:
        by_keys = _plans_by_keys[has_events]
        if len(by_keys) >= _MAX_KEY_SETS:
            by_keys.clear()
        by_keys[tuple(attributes)] = plan
    return plan


def _fill(  # noqa: C901, PLR0912  # one frame a span: every call taken out of it costs 2 %
    record: SpanRecord,
) -> tuple[list[Any], dict[int, Rule]]:
    """Give the columns' values, and by column's index the rule that set it or emptied it."""
    try:
        attributes = _decode(record.attributes)
    except UNREADABLE:
        # Not an object, or nested beyond what can be walked: it says nothing we could read.
        attributes = {}
    has_events = len(record.events) > _NO_EVENTS
    plan = _plans_by_keys[has_events].get(tuple(attributes))
    if plan is None:
        plan = _find_plan(attributes, has_events=has_events)
    values = _ABSENT.copy()
    won: dict[int, Rule] = {}
    for index, is_first, decode, read, key, rule in plan:
        if not is_first and index in won:
            continue
        if decode is None:
            value = read(key, attributes, record)
        else:
            try:
                value = decode(attributes[key])
            except UNREADABLE:
                value = read(key, attributes, record)
        if value is None:
            continue
        won[index] = rule
        if value is BAD:
            values[_FLAGS] = _BAD_NUMBER
        else:
            values[index] = value
    if record.span_type:
        values[_SPAN_TYPE], won[_SPAN_TYPE] = record.span_type, _BY_PAYLOAD
    elif not values[_SPAN_TYPE]:
        rule = won.get(_MODEL, _BY_DEFAULT)
        won[_SPAN_TYPE] = rule
        values[_SPAN_TYPE] = (
            _CUSTOM if rule is _BY_DEFAULT else MODEL_TYPES.get(rule.spelling, _LLM)
        )
    if values[_COST] is not None:
        values[_COST_SOURCE] = "sent"
    elif values[_MODEL] and not values[_FLAGS]:
        _compute_cost(values, won)
    return values, won


def _compute_cost(values: list[Any], won: dict[int, Rule]) -> None:
    fresh, out, read, write = values[_COUNTS]
    if fresh is None and out is None and read is None and write is None:
        return
    includes_cached = fresh is not None and won[_INPUT_TOKENS].includes_cached
    price = price_of(values[_MODEL])
    if price is None:
        return
    values[_COST] = cost_usd(price, fresh or 0, out or 0, read or 0, write or 0, includes_cached)
    values[_COST_SOURCE], values[_PRICE_VERSION] = "computed", price_version()
    won[_COST] = _BY_PRICE


def resolve(record: SpanRecord) -> TypedColumns:
    """Read the typed columns of a span from its attributes and events. Never raises.

    The first spelling of a column that holds something sets it. A sent cost wins over a
    computed one; nothing is computed from counts of which one could not be believed.
    """
    return TypedColumns(*_fill(record)[0])


def explain(record: SpanRecord) -> dict[str, str]:
    """Say for each column that is set what set it: a spelling, or `price table <version>`.

    `span_type` is named `span_type` when the payload said it and `default` when nothing did;
    under `flags` stand the spellings whose numbers could not be believed.
    """
    values, won = _fill(record)
    said = {
        name: won[index].spelling
        for index, name in enumerate(COLUMNS)
        if index in won and values[index] is not None
    }
    if won.get(_COST) is _BY_PRICE:
        said["cost_usd"] = said["price_version"] = f"{_BY_PRICE.spelling} {price_version()}"
    if "cost_usd" in said:
        said["cost_source"] = said["cost_usd"]
    if values[_FLAGS]:
        bad = (rule.spelling for index, rule in won.items() if values[index] is None)
        said["flags"] = ", ".join(bad)
    return said
