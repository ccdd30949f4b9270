from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from examples.file_agent.agent import Agent
from examples.file_agent.local_model import LocalModel
from examples.file_agent.model import Model
from examples.file_agent.tools import Toolbox

import prela_core
from prela_core.emit import DirectSink, Tracer, set_tracer
from prela_core.model import Span, to_micros
from prela_core.testing.factories import NOON


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small folder with text, a binary file, and a note that points to a missing file."""
    files = {
        "guide/refunds.md": "# Refunds\n\nA refund takes five days.\nNever promise less.\n",
        "guide/orders.md": "# Orders\n\nAn order can be cancelled until it ships.\n",
        "code/rate_limit.py": "RETRIES = 4  # how often a call is tried again\n",
    }
    for name, text in files.items():
        path = tmp_path / "work" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (tmp_path / "work" / "logo.png").write_bytes(b"\x89PNG\0\0refund refund")
    (tmp_path / "work" / ".hidden.md").write_text("refund", "utf-8")
    (tmp_path / "secret.txt").write_text("refund secret", "utf-8")
    return tmp_path / "work"


@pytest.fixture
def spans() -> list[Span]:
    """Every span of the last traces, in the order of their starts."""
    return []


@pytest.fixture
def tracer(spans: list[Span]) -> Iterator[None]:
    """Share a tracer with the agent that exports to `spans`."""

    def export(done: object) -> None:
        assert isinstance(done, list)
        spans.extend(sorted(done, key=lambda span: span.started_at))

    # A clock whose every reading is later: equal starts would leave the order to chance.
    millisecond = 1_000_000
    set_tracer(
        Tracer(
            "file-agent",
            DirectSink(export),
            now_ns=count(to_micros(NOON) * 1000, millisecond).__next__,
            monotonic_ns=count(0, millisecond).__next__,
        )
    )
    yield
    set_tracer(None)


@pytest.fixture
def ask(folder: Path, tracer: None) -> Callable[..., str]:
    """Ask the agent a question about `folder`."""

    def ask(question: str, model: Model | None = None) -> str:
        with prela_core.context(session="session-1", user="user-1"):
            return Agent(model or LocalModel(), Toolbox(folder)).answer(question)

    return ask
