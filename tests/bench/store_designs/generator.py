"""Spans made from a seed: the same blocks, in the same order, for every design.

About ten spans a trace. 3 % of the spans are sent twice, half of those first as pending; the
repeat comes two blocks later, and 1 in 500 repeats starts elsewhere, up to 40 days earlier.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from texts import Texts

__all__ = ["DAY", "FIRST", "LAST_DAY", "PROJECT", "RARE_MODEL", "RARE_USER", "UNTIL", "Generator"]

Numbers = npt.NDArray[np.int64]

DAY = 86400
DAYS = 30
FIRST = 1_790_000_000 // DAY * DAY
"""When the data begin, in epoch seconds: a midnight in September 2026."""
UNTIL = FIRST + DAYS * DAY
LAST_DAY = UNTIL - DAY

PROJECT = "proj-main"
RARE_USER = "user-rare"
RARE_MODEL = "rerank-2"

_MICROSECONDS = 1_000_000
_TIME = pa.timestamp("us", "UTC")
_PROJECTS = [PROJECT, "p1", "p2", "p3", "p4"]
_MODELS = ["gpt-x", "claude-y", "llama-z", "tiny-q", "embed-1", RARE_MODEL, ""]
_MODEL_SHARES = [0.4, 0.3, 0.2, 0.08, 0.015, 0.005]
_NO_MODEL = _MODELS.index("")
_SERVICES = ["chat", "search", "billing", "crawler", "planner", "coder"]
_NAMES = [f"step-{number}" for number in range(60)]
_TYPES = ["agent", "llm", "tool", "retrieval", "chain", "embedding"]
_LLM = _TYPES.index("llm")
_STATUSES = ["ok", "error", "pending"]
_ERROR, _PENDING = _STATUSES.index("error"), _STATUSES.index("pending")
_USERS = 50_000
_BLOCKS_WITH_NEEDLES = 20
_BLOCKS_UNTIL_REPEAT = 2


@attrs.frozen
class _Shape:
    """Which span belongs to which trace, and when it ran (epoch microseconds, milliseconds)."""

    trace: Numbers
    counts: Numbers
    firsts: Numbers
    position: Numbers
    started: Numbers
    duration: npt.NDArray[np.float64]

    @property
    def is_root(self) -> npt.NDArray[np.bool_]:
        return np.equal(self.position, 0)

    @property
    def ended(self) -> Numbers:
        return self.started + (self.duration * 1000).astype(np.int64)


class Generator:
    """Iterates over `spans // block` Arrow tables of some `block` rows, by rising start.

    The order of the draws from the one generator of random numbers is part of the data: moving a
    draw makes other spans.
    """

    def __init__(self, spans: int, block: int, seed: int = 7) -> None:
        self._rng = np.random.default_rng(seed)
        self._block, self._blocks = block, max(1, spans // block)
        self._texts = Texts(self._rng)
        self._users = pa.array([f"user-{number:06d}" for number in range(_USERS)])
        self._with_needles = set(
            np.linspace(0, self._blocks - 1, _BLOCKS_WITH_NEEDLES).astype(int).tolist()
        )

    def __iter__(self) -> Iterator[pa.Table]:
        repeats: list[pa.Table] = []
        for number in range(self._blocks):
            block, again = self._make(number)
            repeats.append(again)
            if len(repeats) > _BLOCKS_UNTIL_REPEAT:
                both = pa.concat_tables([block, repeats.pop(0)])
                block = both.unify_dictionaries().combine_chunks()
            yield block

    def _make(self, number: int) -> tuple[pa.Table, pa.Table]:
        rng, count = self._rng, self._block
        shape = self._shape(number)
        traces = len(shape.counts)
        of_trace = pa.array(shape.trace)
        trace_ids, span_ids = self._hexes(traces, 32), self._hexes(count, 16)
        roots = span_ids.take(pa.array(shape.firsts[shape.trace]))
        status = self._status(shape)
        kind = np.where(shape.is_root, 0, rng.integers(1, len(_TYPES), count))
        is_llm = kind == _LLM
        model = np.where(is_llm, rng.choice(_NO_MODEL, count, p=_MODEL_SHARES), _NO_MODEL)
        user = rng.integers(0, _USERS, traces)
        users = self._users.take(pa.array(user))
        if number in self._with_needles:
            names = users.to_pylist()
            names[int(rng.integers(0, traces))] = RARE_USER
            users = pa.array(names)
        input_tokens = np.where(is_llm, rng.integers(50, 4000, count), 0)
        output_tokens = np.where(is_llm, rng.integers(5, 900, count), 0)
        inputs, outputs = self._texts.inputs_and_outputs(
            count, with_needles=number in self._with_needles
        )
        attributes = self._attributes(count)
        project = np.where(rng.random(traces) < 0.9, 0, rng.integers(1, len(_PROJECTS), traces))
        sessions = pc.cast(pa.array(user * 3 + number % 3), pa.string())
        whole = pa.table(
            {
                "project_id": _coded(project[shape.trace], _PROJECTS),
                "trace_id": trace_ids.take(of_trace),
                "span_id": span_ids,
                "parent_span_id": pc.if_else(pa.array(shape.is_root), "", roots),
                "name": _coded(rng.integers(0, len(_NAMES), count), _NAMES),
                "span_type": _coded(kind, _TYPES),
                "service_name": _coded(
                    rng.integers(0, len(_SERVICES), traces)[shape.trace], _SERVICES
                ),
                "started_at": pa.array(shape.started, _TIME),
                "ended_at": pa.array(shape.ended, _TIME),
                "duration_ms": shape.duration,
                "status": _coded(status, _STATUSES),
                "attributes": attributes,
                "events": pa.array(["[]"] * count),
                "model": _coded(model, _MODELS),
                "input_tokens": pa.array(input_tokens, pa.uint32()),
                "output_tokens": pa.array(output_tokens, pa.uint32()),
                "cost_usd": (input_tokens * 3 + output_tokens * 15) / 1e6,
                "user_id": users.take(of_trace),
                "session_id": pc.binary_join_element_wise(pa.scalar("s-"), sessions, "").take(
                    of_trace
                ),
                "input": inputs,
                "output": outputs,
                "version": pa.array(np.full(count, 2, np.uint64)),
            }
        )
        sent_twice = np.flatnonzero(rng.random(count) < 0.03)
        pending = np.zeros(count, bool)
        pending[sent_twice[: len(sent_twice) // 2]] = True
        first = _with_columns(
            whole,
            status=_coded(np.where(pending, _PENDING, status), _STATUSES),
            ended_at=pa.array(shape.ended, _TIME, mask=pending),
            output_tokens=pa.array(np.where(pending, 0, output_tokens), pa.uint32()),
        )
        return first, self._again(whole, sent_twice)

    def _shape(self, number: int) -> _Shape:
        rng, count = self._rng, self._block
        counts = np.clip(rng.poisson(10, count // 6 + 10), 2, 30)
        traces = int(np.searchsorted(np.cumsum(counts), count)) + 1
        counts = counts[:traces].copy()
        counts[-1] -= counts.sum() - count
        if counts[-1] == 0:
            counts = counts[:-1]
            traces -= 1
        trace = np.repeat(np.arange(traces), counts)
        firsts = np.cumsum(counts) - counts
        position = np.arange(count) - firsts[trace]
        width = DAYS * DAY * _MICROSECONDS / self._blocks
        drawn = FIRST * _MICROSECONDS + (number + rng.random(traces)) * width
        begun = np.sort(drawn.astype(np.int64))
        later = np.where(position == 0, 0, rng.integers(1, 50 * _MICROSECONDS, count))
        duration = rng.lognormal(5.5, 1.2, count)
        return _Shape(
            trace=trace,
            counts=counts,
            firsts=firsts,
            position=position,
            started=begun[trace] + later,
            # A root outlasts its spans, which start within 50 seconds.
            duration=np.where(position == 0, 55_000 + duration, duration),
        )

    def _status(self, shape: _Shape) -> npt.NDArray[np.int8]:
        traces = len(shape.counts)
        fails = self._rng.random(traces) < 1 / 30
        failing = shape.firsts + self._rng.integers(0, 1 << 30, traces) % shape.counts
        status = np.zeros(self._block, np.int8)
        status[failing[fails]] = _ERROR
        return status

    def _attributes(self, count: int) -> pa.Array:
        head = '{"gen_ai.operation.name":"chat","server.address":"api.example.com","request.id":"'
        requests, notes = self._hexes(count, 24), self._texts.sentences(count, 1)
        return pc.binary_join_element_wise(
            pa.scalar(head), requests, pa.scalar('","note":"'), notes, pa.scalar('"}'), ""
        )

    def _again(self, whole: pa.Table, rows: Numbers) -> pa.Table:
        again = whole.take(pa.array(rows))
        moved = np.zeros(len(rows), np.int64)
        moves = self._rng.random(len(rows)) < 1 / 500
        # Up to 40 days earlier is certainly another month, so another partition.
        moved[moves] = self._rng.integers(-40 * DAY, 3600, int(moves.sum())) * _MICROSECONDS
        started = np.asarray(again["started_at"].cast(pa.int64())) + moved
        return _with_columns(
            again,
            started_at=pa.array(started, _TIME),
            version=pa.array(np.full(len(rows), 3, np.uint64)),
        )

    def _hexes(self, count: int, width: int) -> pa.Array:
        digits = self._rng.bytes(count * width // 2).hex().encode()
        return pa.array(np.frombuffer(digits, f"S{width}")).cast(pa.string())


def _coded(codes: npt.NDArray[np.integer], values: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), pa.array(values))


def _with_columns(table: pa.Table, **columns: pa.Array) -> pa.Table:
    for name, column in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table
