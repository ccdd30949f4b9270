"""What a test's code did, and what can be asserted of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prela_core.errors import InputError
from prela_core.model import Span, to_micros
from prela_core.pytest_plugin.matching import arguments_of, fits, tool_of
from prela_core.store import StoredSpan, TraceSummary
from prela_core.store.rows import stored_span
from prela_core.store.summary import summarise
from prela_core.text import trace_tree_text
from prela_core.wire.records import to_record

__all__ = ["CapturedTrace"]


class CapturedTrace:
    """The spans that ended in the code under test, seen as a server would show them.

    The fixture `prela_trace` gives one. Ask it for what interests you and compare as you like, or
    call what begins with `assert_`; its failures show what happened instead, and the trace.

        def test_looks_before_it_answers(prela_trace):
            answer("How do I rotate a key?")

            prela_trace.assert_tools_called(["search_docs", "read_page"])
            prela_trace.assert_tool_called("search_docs", {"query": re.compile("rotate")})
            prela_trace.assert_no_errors()
            prela_trace.assert_cost_under(0.05)
            assert "gpt-4o" == prela_trace.model_calls[0].model

    A step counts once it has ended. Steps come by their start.
    """

    def __init__(self) -> None:
        self._raw: list[Span] = []
        self._seen: list[StoredSpan] = []
        self._read = 0

    def add(self, spans: Sequence[Span], /) -> None:
        """Take spans that ended; this is what the tracer exports to."""
        self._raw.extend(spans)

    @property
    def raw(self) -> Sequence[Span]:
        """The spans as they were exported, in the order of their ends."""
        return tuple(self._raw)

    @property
    def spans(self) -> list[StoredSpan]:
        """Every step, with what the conventions read from its attributes: model, tokens, cost."""
        for span in self._raw[self._read :]:
            self._read += 1
            received_at = to_micros(span.ended_at or span.started_at)
            try:
                record = to_record(span, received_at=received_at)
            except InputError as error:
                raise AssertionError(
                    f"the span {span.name!r} is one that no server takes: {error}"
                ) from None
            self._seen.append(stored_span(record, received_at))
        # Sorting is stable, so that of steps which began in one microsecond the one that ended
        # first comes first.
        return sorted(self._seen, key=lambda span: span.started_at)

    @property
    def tools(self) -> list[StoredSpan]:
        """The calls of tools."""
        return [span for span in self.spans if span.span_type == "tool"]

    @property
    def tool_names(self) -> list[str]:
        """The names of the tools that were called, a name for each call."""
        return [tool_of(span) for span in self.tools]

    @property
    def model_calls(self) -> list[StoredSpan]:
        """The calls of language models."""
        return [span for span in self.spans if span.span_type == "llm"]

    @property
    def errors(self) -> list[StoredSpan]:
        """The steps that failed."""
        return [span for span in self.spans if span.status == "error"]

    @property
    def cost_usd(self) -> float:
        """What all traces cost, in US dollars, as far as it is known."""
        return sum(trace.cost_usd for trace in self._traces())

    @property
    def tokens(self) -> int:
        """How many tokens went into models and came out of them."""
        return sum(trace.input_tokens + trace.output_tokens for trace in self._traces())

    def span(self, name: str) -> StoredSpan:
        """Give the one step of that name; fails when there is none or more than one."""
        __tracebackhide__ = True
        found = [span for span in self.spans if span.name == name]
        if len(found) != 1:
            names = ", ".join(repr(span.name) for span in self.spans) or "none at all"
            self._fail(f"{len(found)} spans are named {name!r}, not one; there are: {names}")
        return found[0]

    def arguments(self, call: StoredSpan) -> Mapping[str, Any]:
        """Give what a tool was called with, by name.

        Where its input is no object of JSON, it stands under the name `input`.
        """
        return arguments_of(call)

    def assert_tool_called(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, times: int | None = None
    ) -> None:
        """Fail unless the tool was called, with at least these `arguments`.

        An expected argument may be a value, a compiled pattern (found anywhere in the text), or a
        function that says whether it will do. `times` is how often such a call must have
        happened; by default, at least once.
        """
        __tracebackhide__ = True
        calls = [call for call in self.tools if tool_of(call) == name]
        found = sum(fits(arguments or {}, arguments_of(call)) for call in calls)
        if found == times or (times is None and found):
            return
        wanted = f"the tool {name!r} was "
        wanted += "not called" if not found else f"called {_times(found)}"
        if arguments:
            wanted += f" with {dict(arguments)!r}"
        if times is not None:
            wanted += f", not {_times(times)}"
        if calls and arguments:
            wanted += "".join(
                f"\n  it was called with {dict(arguments_of(one))!r}" for one in calls
            )
        elif not calls:
            wanted += f"; called were: {', '.join(self.tool_names) or 'no tools'}"
        self._fail(wanted)

    def assert_tool_not_called(self, name: str) -> None:
        """Fail if the tool was called at all."""
        __tracebackhide__ = True
        self.assert_tool_called(name, times=0)

    def assert_tools_called(self, names: str | Sequence[str], *, exactly: bool = False) -> None:
        """Fail unless these tools were called in this order.

        Other calls may lie between, before and after, unless `exactly` is asked for.
        """
        __tracebackhide__ = True
        names = [names] if isinstance(names, str) else names
        called = self.tool_names
        if exactly and called != list(names):
            self._fail(f"the tools called were {called}, not exactly {list(names)}")
        left = iter(called)
        for at, name in enumerate(names):
            if name not in left:
                after = f" after {names[at - 1]!r}" if at else ""
                self._fail(f"the tool {name!r} was not called{after}; called were: {called}")

    def assert_no_errors(self) -> None:
        """Fail if a step failed."""
        __tracebackhide__ = True
        if failed := self.errors:
            said = "".join(f"\n  {span.name}: {span.status_message or 'error'}" for span in failed)
            self._fail(f"{len(failed)} of {len(self.spans)} spans failed:{said}")

    def assert_cost_under(self, dollars: float) -> None:
        """Fail if it cost `dollars` (US) or more, or if it isn't known what a model call cost."""
        __tracebackhide__ = True
        unknown = {
            span.model or "a model without a name"
            for span in self.model_calls
            if span.cost_usd is None
        }
        if unknown:
            self._fail(
                f"the cost of {', '.join(sorted(unknown))} isn't known: it has no tokens or no "
                "price; set `llm.cost_usd`"
            )
        if self.cost_usd >= dollars:
            self._fail(f"it cost ${self.cost_usd:.6f}, not under ${dollars:.6f}")

    def assert_tokens_under(self, count: int) -> None:
        """Fail if `count` tokens or more were used, in and out together."""
        __tracebackhide__ = True
        if self.tokens >= count:
            self._fail(f"{self.tokens:,} tokens were used, not under {count:,}")

    def text(self, width: int = 100) -> str:
        """Draw what happened as trees."""
        return trace_tree_text(self._raw, width=width) if self._raw else "no span has ended\n"

    def __str__(self) -> str:
        return self.text()

    def _traces(self) -> Iterator[TraceSummary]:
        traces: dict[str, list[StoredSpan]] = {}
        for span in self.spans:
            traces.setdefault(span.trace_id, []).append(span)
        return (summarise(spans) for spans in traces.values())

    def _fail(self, sentence: str) -> None:
        __tracebackhide__ = True
        raise AssertionError(f"{sentence}\n\n{self.text()}")


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
