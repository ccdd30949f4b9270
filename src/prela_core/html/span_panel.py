"""All about one span, as it opens below its row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw

from prela_core.analysis import SpanTime
from prela_core.html.conversation import content_html
from prela_core.html.markup import Markup, tag
from prela_core.html.texts import Allowance, block, readable
from prela_core.store import StoredSpan
from prela_core.text import figures
from prela_core.text.plain import clean

__all__ = ["span_panel"]

_SHORT = 120


def span_panel(span: StoredSpan, time: SpanTime, allowance: Allowance) -> Markup:
    """Set why it failed, its facts, input and output, and, folded, all else that was sent."""
    return tag("div", Markup("").join(_parts(span, time, allowance)), class_="panel")


def _parts(span: StoredSpan, time: SpanTime, allowance: Allowance) -> Iterator[Markup]:
    if span.status_message:
        failed = "failure" if span.status == "error" else "said"
        yield tag("div", block(span.status_message, allowance), class_=failed)
    yield _facts(span, time)
    for title, text in (("Input", span.input), ("Output", span.output)):
        if text:
            yield tag("h4", title) + content_html(text, allowance)
    attributes = _decoded(span.attributes)
    held = attributes.items() if isinstance(attributes, dict) else ()
    yield _folded("Attributes", sorted(held), allowance)
    yield _folded("Scores", list(_entries(_decoded(span.scores), "name")), allowance)
    yield _folded("Events", list(_entries(_decoded(span.events), "name")), allowance)
    yield _folded("Links", list(_entries(_decoded(span.links), "span_id")), allowance)


def _facts(span: StoredSpan, time: SpanTime) -> Markup:
    tokens = (
        ("in", span.input_tokens),
        ("out", span.output_tokens),
        ("read from cache", span.cache_read_tokens),
        ("written to cache", span.cache_write_tokens),
        ("reasoning", span.reasoning_tokens),
    )
    said = span.span_type_sent if span.span_type_sent.lower() != span.span_type else ""
    cost = figures.dollars(span.cost_usd)
    pairs = (
        ("agent", span.agent_name),
        ("tool", span.tool_name),
        ("model", " ".join(filter(None, (span.provider, span.model)))),
        ("tokens", " · ".join(f"{figures.count(n)} {name}" for name, n in tokens if n is not None)),
        ("cost", f"{cost} ({span.cost_source})" if cost and span.cost_source else cost),
        ("first token after", figures.duration(span.ttft_ms)),
        ("self time", figures.duration(time.self_ms)),
        ("on the critical path", figures.duration(time.path_ms) if time.path_ms else ""),
        ("session", span.session_id),
        ("user", span.user_id),
        ("environment", span.environment),
        ("service", span.service_name),
        ("started", figures.moment(span.started_at)),
        ("ended", figures.moment(span.ended_at) if span.ended_at else "not yet"),
        ("type sent", said),
        ("flagged", ", ".join(flag.replace("_", " ") for flag in span.flags)),
        ("span", span.span_id),
        ("parent", span.parent_span_id),
    )
    return tag(
        "dl",
        Markup("").join(
            tag("div", tag("dt", name) + tag("dd", clean(text))) for name, text in pairs if text
        ),
    )


def _folded(title: str, pairs: list[tuple[str, Any]], allowance: Allowance) -> Markup:
    if not pairs:
        return Markup("")
    rows = Markup("").join(_row(key, value, allowance) for key, value in pairs)
    head = tag("summary", f"{title} ({figures.count(len(pairs))})")
    return tag("details", head + tag("div", rows, class_="values"), class_="more")


def _row(key: str, value: Any, allowance: Allowance) -> Markup:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > _SHORT or "\n" in text:
        shown = block(readable(text), allowance)
    else:
        shown = tag("code", clean(text))
    return tag("div", tag("span", clean(key), class_="key") + shown)


def _entries(items: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Give each entry's name and the rest of it; of an event, its attributes beside its moment."""
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            rest = {name: value for name, value in item.items() if name != key and value}
            inner = rest.pop("attributes", None)
            yield str(item.get(key) or ""), rest | (inner if isinstance(inner, dict) else {})


def _decoded(raw: Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
