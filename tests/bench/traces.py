"""Agent traces made from a seed, varied enough that compression and indexes are honest."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from prela_core.model import to_rfc3339

__all__ = ["COMMON_WORD", "RARE_WORD", "spans"]

COMMON_WORD = "invoice"
RARE_WORD = "zyzzogeton"

_SERVICES = ("support-agent", "researcher", "coder", "planner", "billing-bot", "crawler")
_MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-pro", "mistral-large-2411")
_TOOLS = ("search_files", "read_file", "run_sql", "send_mail", "fetch_page")
_SPANS_A_TRACE = 10
_RARE_EVERY = 50_000


def spans(seed: int, count: int, *, newest: int, step: int = 4_000_000) -> Iterator[dict[str, Any]]:
    """Make `count` spans in traces of ten, about 1.1 KB of JSON each.

    Traces start `step` microseconds apart and the last one at `newest`.
    """
    rng = random.Random(seed)
    vocabulary = [_word(rng) for _ in range(20_000)]
    traces = (count + _SPANS_A_TRACE - 1) // _SPANS_A_TRACE
    for number in range(traces):
        start = newest - (traces - 1 - number) * step
        made = _trace(rng, vocabulary, start)
        yield from made[: count - number * _SPANS_A_TRACE]


def _trace(rng: random.Random, vocabulary: list[str], start: int) -> list[dict[str, Any]]:
    trace_id = f"{rng.getrandbits(128):032x}"
    root_id = f"{rng.getrandbits(64):016x}"
    service = rng.choice(_SERVICES)
    shared = {
        "session.id": f"session-{rng.randrange(50_000)}",
        "user.id": f"user-{rng.randrange(20_000)}",
        "deployment.environment.name": rng.choice(("production", "staging")),
    }
    made = []
    at = start
    for index in range(_SPANS_A_TRACE):
        kind = "agent" if index == 0 else ("llm", "tool", "llm", "retrieval")[index % 4]
        length = 1000 * int(rng.lognormvariate(5.5, 1.0))
        failed = rng.random() < 0.01
        made.append(
            {
                "trace_id": trace_id,
                "span_id": root_id if index == 0 else f"{rng.getrandbits(64):016x}",
                "parent_span_id": None if index == 0 else root_id,
                "name": f"{kind}.{rng.choice(_TOOLS)}",
                "span_type": kind,
                "service_name": service,
                "started_at": to_rfc3339(at),
                "ended_at": to_rfc3339(at + length),
                "status": "error" if failed else "success",
                "status_message": "upstream timed out" if failed else None,
                "attributes": shared | _attributes(rng, vocabulary, kind),
                "events": [],
            }
        )
        at += length
    return made


def _attributes(rng: random.Random, vocabulary: list[str], kind: str) -> dict[str, Any]:
    if kind == "llm":
        return {
            "llm.model": rng.choice(_MODELS),
            "llm.input_tokens": rng.randrange(100, 8000),
            "llm.output_tokens": rng.randrange(10, 900),
            "llm.prompt": _text(rng, vocabulary, 50),
            "llm.response": _text(rng, vocabulary, 40),
        }
    if kind == "tool":
        name = rng.choice(_TOOLS)
        return {
            "tool.name": name,
            "tool.input": _text(rng, vocabulary, 20),
            "tool.output": _text(rng, vocabulary, 70),
        }
    return {"agent.name": "main", "notes": _text(rng, vocabulary, 90)}


def _text(rng: random.Random, vocabulary: list[str], words: int) -> str:
    # Powers of a uniform number make few words common and most of them rare, as in speech.
    chosen = [vocabulary[int(len(vocabulary) * rng.random() ** 3)] for _ in range(words)]
    if rng.random() < 0.05:
        chosen[0] = COMMON_WORD
    if rng.randrange(_RARE_EVERY) == 0:
        chosen[-1] = RARE_WORD
    return " ".join(chosen)


def _word(rng: random.Random) -> str:
    return "".join(rng.choice("abcdefghijklmnoprstuvwy") for _ in range(rng.randint(3, 9)))
