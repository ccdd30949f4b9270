"""Traces as trees of text, with what each span took and used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from prela_core.errors import InputError
from prela_core.model import Span, to_micros
from prela_core.store import StoredSpan
from prela_core.store.rows import stored_span
from prela_core.store.summary import summarise
from prela_core.text import figures
from prela_core.text.glyphs import ASCII, STATUS_WORDS, TYPE_WORDS, UNICODE, Glyphs
from prela_core.text.plain import cells, clean, cut
from prela_core.text.tree_lines import FAULT_NOTES, Line, lines_of
from prela_core.wire.records import to_record

__all__ = ["stored_tree_text", "trace_tree_text"]

_LEAST_LABEL = 24
_MESSAGE_READ = 4096

_BOLD, _DIM, _RED, _YELLOW = "1", "2", "31", "33"
_TYPE_COLOURS = {
    "agent": "35",
    "chain": "35",
    "llm": "94",
    "tool": "33",
    "retrieval": "32",
    "embedding": "32",
    "reranker": "32",
    "guardrail": "96",
    "evaluator": "96",
}


def trace_tree_text(
    spans: Iterable[Span], *, width: int = 100, unicode: bool = True, colour: bool = False
) -> str:
    """Give the traces that `spans` are of, each as a heading and a line for every span below it.

    A line says the span's type, name and model, its time, tokens and cost, and below it why it
    failed; all of that as a server would read it from the attributes. Lines take at most `width`
    cells and end in a newline each. Without `unicode` they are ASCII; `colour` adds the escapes
    of ANSI terminals. Of a span that is given twice, the more complete, then the later one is
    shown, and of one that no server would take, the reason.
    """
    best: dict[tuple[str, str], tuple[int, StoredSpan]] = {}
    refused: list[str] = []
    for span in spans:
        received_at = to_micros(span.ended_at or span.started_at)
        try:
            record = to_record(span, received_at=received_at)
        except InputError as error:
            refused.append(str(error))
            continue
        key = record.trace_id, record.span_id
        if key not in best or record.completeness >= best[key][0]:
            best[key] = record.completeness, stored_span(record, received_at)
    traces: dict[str, list[StoredSpan]] = {}
    for (trace_id, _), (_, shown) in best.items():
        traces.setdefault(trace_id, []).append(shown)
    page = _page(width, unicode=unicode, colour=colour)
    parts = [page.trace(group) for group in traces.values()]
    faults = [f"{page.glyphs.note} a span can't be shown: {reason}" for reason in refused]
    parts += [[page.line((fault, _YELLOW))] for fault in faults]
    return "\n".join("".join(line + "\n" for line in part) for part in parts)


def stored_tree_text(
    spans: Sequence[StoredSpan], *, width: int = 100, unicode: bool = True, colour: bool = False
) -> str:
    """Give the tree of one trace, whose `spans` came from a store; nothing where there are none."""
    page = _page(width, unicode=unicode, colour=colour)
    return "".join(line + "\n" for line in page.trace(list(spans))) if spans else ""


def _page(width: int, *, unicode: bool, colour: bool) -> _Page:
    return _Page(width, UNICODE if unicode else ASCII, "utf-8" if unicode else "ascii", colour)


@attrs.frozen
class _Columns:
    label: int
    time: int
    tokens: int
    cost: int


@attrs.frozen
class _Page:
    """How wide the text is and what it may hold."""

    width: int
    glyphs: Glyphs
    encoding: str
    colour: bool

    def line(self, *pieces: tuple[str, str]) -> str:
        """Put pieces of text, each with its colour or "", on one line that is not too long."""
        left = self.width
        shown = ""
        for text, colour in pieces:
            fitted = cut(clean(text, self.encoding), left, self.glyphs.ellipsis)
            left -= cells(fitted)
            escaped = self.colour and colour and fitted.strip()
            shown += f"\x1b[{colour}m{fitted}\x1b[0m" if escaped else fitted
        return shown.rstrip()

    def trace(self, spans: list[StoredSpan]) -> list[str]:
        lines = lines_of(spans)
        columns = self._columns(lines)
        text = list(self._heading(spans))
        for line in lines:
            if line.span is None:
                note = f"{self.glyphs.pending} parent not received: {line.missing_parent}"
                text.append(self.line((note, _YELLOW)))
                continue
            text.append(self._span(line, line.span, columns))
            text += self._notes(line, line.span)
        return text

    def _heading(self, spans: list[StoredSpan]) -> Iterator[str]:
        trace = summarise(spans)
        dot = f" {self.glyphs.dot} "
        colour = _RED if trace.status == "error" else ""
        facts = [STATUS_WORDS.get(trace.status, trace.status), figures.duration(trace.duration_ms)]
        facts.append("1 span" if trace.span_count == 1 else f"{trace.span_count:,} spans")
        if trace.error_count:
            facts.append(f"{trace.error_count:,} failed")
        if trace.input_tokens or trace.output_tokens:
            facts.append(f"tokens {trace.input_tokens:,} in, {trace.output_tokens:,} out")
        if trace.cost_usd:
            facts.append(figures.dollars(trace.cost_usd))
        yield self.line(
            (self.glyphs.status(trace.status) + " ", colour),
            (trace.name or "(no name)", _BOLD),
            ("  " + dot.join(facts), colour),
        )
        of = f"{dot}{trace.service_name}" if trace.service_name else ""
        yield self.line((f"  trace {trace.trace_id}{of}", _DIM))

    def _columns(self, lines: list[Line]) -> _Columns:
        spans = [line.span for line in lines if line.span is not None]
        time = max(cells(self._time(span)) for span in spans)
        tokens = max(cells(_tokens(span)) for span in spans)
        cost = max(cells(figures.dollars(span.cost_usd)) for span in spans)
        room = 0
        # Where the width is too little, first cost, then tokens give way.
        for kept_tokens, kept_cost in ((tokens, cost), (tokens, 0), (0, 0)):
            tokens, cost = kept_tokens, kept_cost
            room = self.width - 2 - sum(column + 2 for column in (time, tokens, cost) if column)
            if room >= _LEAST_LABEL:
                break
        needed = max(
            cells(line.guides.lead(self.glyphs) + _label(line.span))
            for line in lines
            if line.span is not None
        )
        return _Columns(max(min(needed, room), 1), time, tokens, cost)

    def _span(self, line: Line, span: StoredSpan, columns: _Columns) -> str:
        failed = span.status == "error"
        lead = cut(line.guides.lead(self.glyphs), columns.label, self.glyphs.ellipsis)
        room = columns.label - cells(lead)
        label = cut(clean(_label(span), self.encoding), room, self.glyphs.ellipsis)
        word, blank, rest = label.partition(" ") if _word(span) else ("", "", label)
        figures_text = ""
        for column, text in (
            (columns.time, self._time(span)),
            (columns.tokens, _tokens(span)),
            (columns.cost, figures.dollars(span.cost_usd)),
        ):
            if column:
                figures_text += "  " + " " * (column - cells(text)) + text
        mark = " " if span.status == "success" else self.glyphs.status(span.status)
        return self.line(
            (mark + " ", _RED if failed else ""),
            (lead, _DIM),
            (word + blank, _TYPE_COLOURS.get(span.span_type, "")),
            (rest + " " * (room - cells(label)), _RED if failed else ""),
            (figures_text, ""),
        )

    def _notes(self, line: Line, span: StoredSpan) -> Iterator[str]:
        below = "  " + line.guides.below(self.glyphs)
        notes = []
        if span.status == "error" and span.status_message:
            notes.append((span.status_message[:_MESSAGE_READ].strip(), _RED))
        if line.fault is not None:
            notes.append((FAULT_NOTES[line.fault], _YELLOW))
        for text, colour in notes:
            yield self.line((below, _DIM), (f"{self.glyphs.note} {text}", colour))

    def _time(self, span: StoredSpan) -> str:
        time = "running" if span.ended_at is None else figures.duration(span.duration_ms)
        return clean(time, self.encoding)


def _word(span: StoredSpan) -> str:
    return TYPE_WORDS.get(span.span_type, "")


def _label(span: StoredSpan | None) -> str:
    """Give type, name, and the model or tool where the name does not tell it."""
    if span is None:
        return ""
    name = clean(span.name) or "(no name)"
    known = span.model or span.tool_name or ""
    return " ".join(filter(None, [_word(span), name, "" if known in name else clean(known)]))


def _tokens(span: StoredSpan) -> str:
    if span.input_tokens is None and span.output_tokens is None:
        return ""
    return figures.tokens((span.input_tokens or 0) + (span.output_tokens or 0))
