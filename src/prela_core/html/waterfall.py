"""A trace as a waterfall that opens and folds: a part of a page, or a page of its own."""

from __future__ import annotations

from collections.abc import Iterator

from prela_core.analysis import critical_path
from prela_core.html.axis import axis_of
from prela_core.html.folding import fold
from prela_core.html.markup import Markup, tag
from prela_core.html.rows import Rows
from prela_core.html.style import styled
from prela_core.html.texts import Allowance
from prela_core.html.waterfall_style import SHEET
from prela_core.store import TraceDetail
from prela_core.text import figures
from prela_core.text.glyphs import STATUS_WORDS, UNICODE
from prela_core.text.plain import clean

__all__ = ["trace_html", "trace_page"]

_MOST_SPANS = 1_000
_MOST_TEXT = 1_000_000
_PAGE_SPANS = 20_000
_PAGE_TEXT = 16_000_000

_TONES = {"success": "good", "error": "bad", "pending": "warn"}
_MODELS = 4

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>html{{background:#fff}}body{{margin:0 auto;padding:20px 24px 60px;max-width:1500px}}
@media (prefers-color-scheme:dark){{html{{background:#14171f}}}}</style>
</head>
<body>
{body}
</body>
</html>
"""


def trace_html(
    trace: TraceDetail, *, most_spans: int = _MOST_SPANS, most_text: int = _MOST_TEXT
) -> str:
    """Give a trace as an element that shows it, for the output of a notebook.

    It needs nothing else, neither network nor scripts, and works by keyboard. Of a trace with
    more than `most_spans` spans, the failed ones, what leads to them and what is near the roots
    are shown, and the others counted; `most_text` is how many characters of inputs, outputs and
    attributes it holds in all. Nothing in it is markup but our own.
    """
    parts = _head(trace)
    if trace.spans:
        parts += _waterfall(trace, most_spans, most_text)
    else:
        parts += tag("p", "No span of this trace has arrived yet.", class_="note")
    return str(styled(SHEET, parts))


def trace_page(trace: TraceDetail) -> str:
    """Give a trace as a page of its own, with up to 20,000 spans."""
    body = trace_html(trace, most_spans=_PAGE_SPANS, most_text=_PAGE_TEXT)
    title = Markup("") + f"{clean(trace.name or trace.trace_id)} · Prela"
    return _PAGE.format(title=title, body=body)


def _head(trace: TraceDetail) -> Markup:
    tone = _TONES.get(trace.status, "")
    mark = tag("span", UNICODE.status(trace.status), class_=f"mark {tone}")
    status = tag("span", STATUS_WORDS.get(trace.status, clean(trace.status)), class_=tone or False)
    title = tag("div", mark + tag("b", clean(trace.name) or "(no name)") + " " + status)
    facts = Markup(" · ").join(_facts(trace))
    ids = f"trace {clean(trace.trace_id)} · {figures.moment(trace.started_at)}"
    return tag("div", title + tag("div", facts) + tag("div", ids, class_="dim"), class_="head")


def _facts(trace: TraceDetail) -> Iterator[str]:
    yield tag("b", figures.duration(trace.duration_ms))
    yield "1 span" if trace.span_count == 1 else f"{figures.count(trace.span_count)} spans"
    if trace.error_count:
        yield tag("span", f"{figures.count(trace.error_count)} failed", class_="bad")
    if trace.input_tokens or trace.output_tokens:
        used = figures.count(trace.input_tokens), figures.count(trace.output_tokens)
        yield f"{used[0]} tokens in, {used[1]} out"
    if trace.cost_usd:
        yield figures.dollars(trace.cost_usd)
    if trace.models:
        more = len(trace.models) - _MODELS
        named = ", ".join(map(clean, trace.models[:_MODELS]))
        yield named + (f" and {more} more" if more > 0 else "")
    if trace.service_name:
        yield clean(trace.service_name)


def _waterfall(trace: TraceDetail, most_spans: int, most_text: int) -> Markup:
    spans = trace.spans
    axis = axis_of(spans)
    rows = Rows(fold(spans, most_spans), axis, critical_path(spans), Allowance(most_text))
    names = ["waterfall"]
    if not any(span.input_tokens or span.output_tokens for span in spans):
        names.append("no-tokens")
    if not any(span.cost_usd for span in spans):
        names.append("no-cost")
    heading = (
        tag("span", "span", class_="label")
        + tag("span", axis.labels(), class_="bar")
        + tag("span", "time", class_="figure")
        + tag("span", "tokens", class_="figure tokens")
        + tag("span", "cost", class_="figure cost")
    )
    grid = tag("div", heading, class_="row heading") + rows.all()
    note = tag("s", "") + " the critical path: to make the trace faster, make these faster"
    shown = tag("div", grid, class_=" ".join(names), style=f"--step:{axis.step:.3f}%")
    return shown + tag("div", note, class_="note legend")
