"""Everything about one span."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from prela_cli.render import figures
from prela_cli.render.attribute_lines import as_text, attribute_pairs, decoded
from prela_cli.render.glyphs import (
    BAD,
    DIM,
    HEADING,
    KEY,
    PLAIN,
    Glyphs,
    glyphs_for,
    status_style,
    type_style,
)
from prela_cli.render.plain import clean, pad
from prela_core.store import StoredSpan

__all__ = ["SpanDetail"]

_KEY_WIDTH = 13


@attrs.frozen
class SpanDetail:
    """A renderable: a span's facts, then its attributes, events and links in full."""

    span: StoredSpan

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield paragraphs; long values are folded, their own line breaks kept."""
        span, encoding, glyphs = self.span, options.encoding, glyphs_for(options)
        head = Text(no_wrap=False, overflow="fold")
        head.append(glyphs.status(span.status) + " ", status_style(span.status))
        head.append(clean(span.span_type, encoding) + " ", type_style(span.span_type))
        head.append(clean(span.name, encoding) or "(no name)", HEADING)
        yield head
        if span.status_message:
            style = BAD if span.status == "error" else PLAIN
            yield from _value(span.status_message, encoding, style)
        for key, value in _facts(span, glyphs):
            line = Text(overflow="fold")
            line.append(pad(key, _KEY_WIDTH), DIM)
            line.append(clean(value, encoding))
            yield line
        yield from _section("scores", list(_entries(decoded(span.scores), "name")), encoding)
        yield from _section("attributes", attribute_pairs(span), encoding)
        for title, key, items in (
            ("events", "name", decoded(span.events)),
            ("links", "span_id", decoded(span.links)),
        ):
            yield from _section(title, list(_entries(items, key)), encoding)


def _facts(span: StoredSpan, glyphs: Glyphs) -> Iterator[tuple[str, str]]:
    ended = figures.moment(span.ended_at) if span.ended_at else "not yet"
    pairs: list[tuple[str, Any]] = [
        ("span", span.span_id),
        ("trace", span.trace_id),
        ("parent", span.parent_span_id),
        ("service", span.service_name),
        ("started", figures.moment(span.started_at)),
        ("ended", ended),
        ("duration", figures.duration(span.duration_ms) if span.ended_at else None),
        ("agent", span.agent_name),
        ("tool", span.tool_name),
        ("provider", span.provider),
        ("model", span.model),
        ("tokens", _tokens(span, glyphs)),
        ("cost", _cost(span)),
        ("first token", figures.duration(span.ttft_ms)),
        ("session", span.session_id),
        ("user", span.user_id),
        ("environment", span.environment),
        ("flags", ", ".join(span.flags)),
    ]
    if span.span_type_sent.lower() != span.span_type:
        pairs.append(("type sent", span.span_type_sent))
    yield from ((key, value) for key, value in pairs if value)


def _tokens(span: StoredSpan, glyphs: Glyphs) -> str:
    named = (
        ("in", span.input_tokens),
        ("out", span.output_tokens),
        ("read from cache", span.cache_read_tokens),
        ("written to cache", span.cache_write_tokens),
        ("reasoning", span.reasoning_tokens),
    )
    parts = [f"{figures.count(number)} {name}" for name, number in named if number is not None]
    return f" {glyphs.dot} ".join(parts)


def _cost(span: StoredSpan) -> str:
    if span.cost_usd is None:
        return ""
    source = f" ({span.cost_source})" if span.cost_source else ""
    return figures.dollars(span.cost_usd) + source


def _entries(items: Any, key: str) -> Iterator[tuple[str, str]]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            rest = {name: value for name, value in item.items() if name != key and value}
            yield str(item.get(key, "")), as_text(rest)


def _section(title: str, pairs: list[tuple[str, str]], encoding: str) -> RenderResult:
    if not pairs:
        return
    yield Text()
    yield Text(title, HEADING)
    for key, value in pairs:
        if "\n" in value:
            yield Padding(Text(clean(key, encoding), KEY), (0, 0, 0, 2), expand=False)
            yield from _value(value, encoding, PLAIN)
        else:
            yield Padding(_pair(key, value, encoding), (0, 0, 0, 2), expand=False)


def _pair(key: str, value: str, encoding: str) -> Text:
    text = Text(overflow="fold")
    text.append(f"{clean(key, encoding)}  ", KEY)
    text.append(clean(value, encoding))
    return text


def _value(value: str, encoding: str, style: Style) -> RenderResult:
    for line in value.splitlines():
        yield Padding(Text(clean(line, encoding), style, overflow="fold"), (0, 0, 0, 4))
