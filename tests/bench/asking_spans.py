"""Spans to ask about, made from a seed: thirty days of agent traces, about 1 KB a span.

Made as records, as a worker holds them, and quickly: sentences are drawn once and put together
anew for each span. Words are as unevenly common as in speech, ids are unique as in life, 3 in 100
spans are sent twice, half of those first as pending, and 1 in 500 of these starts elsewhere then.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import attrs

from prela_core.model import SpanRecord

__all__ = ["COMMON_WORD", "DAYS", "INNER", "RARE_USER", "RARE_WORD", "Maker"]

COMMON_WORD = "invoice"
RARE_WORD = "zyzzogeton"
INNER = "quxotl"
"""Stands inside of words only."""
RARE_USER = "user-rare"
DAYS = 30

_DAY = 86_400_000_000
_SPANS_A_TRACE = 10
_SENTENCES = 30_000
_VOCABULARY = 40_000
_SERVICES = ("support-agent", "researcher", "coder", "planner", "billing-bot", "crawler")
_MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-pro", "mistral-large-2411")
_TOOLS = ("search_files", "read_file", "run_sql", "send_mail", "fetch_page")
_CJK = (
    "智能体记录了模型调用和工具结果",
    "检索系统返回了三篇文档并且没有错误",
    "結果を確認してください",
)
_KINDS = ("agent", "tool", "llm", "retrieval", "llm", "tool", "llm", "tool", "llm", "tool")


class Maker:
    """Makes `count` spans that end at `newest` (microseconds), in blocks by rising start."""

    def __init__(self, count: int, newest: int, seed: int = 7) -> None:
        self._rng = random.Random(seed)
        self._traces = count // _SPANS_A_TRACE
        self._oldest = newest - DAYS * _DAY
        self._step = DAYS * _DAY // self._traces
        words = [self._word() for _ in range(_VOCABULARY)]
        self._sentences = [self._sentence(words) for _ in range(_SENTENCES)]
        self.trace_ids: list[str] = []
        """One in a thousand of the traces made so far."""

    def blocks(self, size: int) -> Iterator[list[SpanRecord]]:
        """Give some `size` spans at a time; what is sent again comes with the next block."""
        again: list[SpanRecord] = []
        block: list[SpanRecord] = []
        for number in range(self._traces):
            block += self._trace(number)
            if len(block) >= size or number + 1 == self._traces:
                first, repeats = self._repeated(block)
                yield first + again
                again, block = repeats, []
        if again:
            yield again

    def _repeated(self, block: list[SpanRecord]) -> tuple[list[SpanRecord], list[SpanRecord]]:
        rng = self._rng
        repeats = []
        for at in rng.sample(range(len(block)), len(block) * 3 // 100):
            span = block[at]
            if rng.random() < 0.5:
                block[at] = attrs.evolve(span, ended_at=None, duration_ms=0.0, status="pending")
            if rng.random() < 1 / 500:
                moved = span.started_at - rng.randrange(40 * _DAY)
                span = attrs.evolve(span, started_at=moved)
            repeats.append(span)
        return block, repeats

    def _trace(self, number: int) -> list[SpanRecord]:
        rng = self._rng
        trace_id = f"{rng.getrandbits(128):032x}"
        if number % 1000 == 0:
            self.trace_ids.append(trace_id)
        root_id = f"{rng.getrandbits(64):016x}"
        service = rng.choice(_SERVICES)
        user = RARE_USER if number % 50_000 == 777 else f"user-{rng.randrange(20_000)}"
        shared = (
            f'"session.id":"session-{rng.randrange(50_000)}","user.id":"{user}",'
            f'"deployment.environment.name":"{rng.choice(("production", "staging"))}",'
        )
        at = self._oldest + number * self._step
        made = []
        for index, kind in enumerate(_KINDS):
            length = 1000 * int(rng.lognormvariate(5.5, 1.0))
            failed = rng.random() < 0.01
            tool = rng.choice(_TOOLS)
            made.append(
                SpanRecord(
                    trace_id=trace_id,
                    span_id=f"{rng.getrandbits(64):016x}" if index else root_id,
                    parent_span_id=root_id if index else "",
                    name=f"{kind}.{tool}",
                    span_type=kind,
                    span_type_sent=kind,
                    service_name=service,
                    started_at=at,
                    ended_at=at + length,
                    duration_ms=length / 1000,
                    status="error" if failed else "success",
                    status_sent="error" if failed else "success",
                    status_message="upstream timed out" if failed else "",
                    attributes=f"{{{shared}{self._said(kind, tool)}}}".encode(),
                    events=b"[]",
                    links=b"[]",
                )
            )
            at += length
        return made

    def _said(self, kind: str, tool: str) -> str:
        rng = self._rng
        if kind == "llm":
            return (
                f'"llm.model":"{rng.choice(_MODELS)}",'
                f'"gen_ai.response.id":"chatcmpl-{rng.getrandbits(96):024x}",'
                f'"llm.input_tokens":{rng.randrange(100, 8000)},'
                f'"llm.output_tokens":{rng.randrange(10, 900)},'
                f'"llm.prompt":"{self._text(4)}","llm.response":"{self._text(4)}"'
            )
        if kind == "tool":
            return (
                f'"tool.name":"{tool}","tool.call.id":"call_{rng.getrandbits(64):016x}",'
                f'"tool.input":"{self._text(2)}","tool.output":"{self._text(6)}"'
            )
        return f'"agent.name":"main","notes":"{self._text(8)}"'

    def _text(self, sentences: int) -> str:
        """Put sentences together; each holds some 90 characters."""
        rng = self._rng
        said = rng.choices(self._sentences, k=sentences)
        drawn = rng.random()
        if drawn < 0.05:
            said[0] = f"the {COMMON_WORD} of today {said[0]}"
        elif drawn < 0.06:
            said[0] = rng.choice(_CJK)
        elif drawn < 0.06 + 1 / 100_000:
            said[-1] = f"{said[-1]} {RARE_WORD}"
        elif drawn < 0.06 + 2 / 100_000:
            said[-1] = f"{said[-1]} pre{INNER}{rng.randrange(9)}s"
        elif drawn < 0.06 + 3 / 100_000:
            said[-1] = "关于量子纠缠的问题"
        return ".\\n".join(said)

    def _sentence(self, words: list[str]) -> str:
        # Powers of a uniform number make few words common and most of them rare, as in speech.
        rng = self._rng
        return " ".join(words[int(len(words) * rng.random() ** 3)] for _ in range(14))

    def _word(self) -> str:
        rng = self._rng
        return "".join(rng.choice("abcdefghijklmnoprstuvwy") for _ in range(rng.randint(3, 9)))
