"""`python -m examples.file_agent "question"`, run from the root of the repository."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

if __package__ in (None, ""):  # started as `python examples/file_agent/__main__.py`
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from examples.file_agent.agent import Agent
from examples.file_agent.hosted_model import HostedModel
from examples.file_agent.local_model import LocalModel
from examples.file_agent.model import Model
from examples.file_agent.questions import DEMO_QUESTIONS
from examples.file_agent.tools import Toolbox
from prela_core.io.http_exporter import HttpExporter
from prela_core.io.jsonl_exporter import JsonlExporter
from prela_core.io.several import several
from prela_core.io.tracing import open_tracer
from prela_core.model import Span, new_span_id

__all__ = ["main"]

_DEFAULT_URL = "http://127.0.0.1:8000"


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer the question, or those of the demo; give the exit code."""
    options = _parser().parse_args(arguments)
    if not options.demo and not options.question:
        print("give a question, or --demo", file=sys.stderr)
        return 2
    if not options.folder.is_dir():
        print(f"{options.folder} is no folder", file=sys.stderr)
        return 2
    # The demo would else find its own questions, here and in the tests of this example.
    skip = frozenset({"examples", "tests"} if options.demo else options.skip)
    tracer = open_tracer("file-agent", _export(options.url, options.jsonl))
    agent = Agent(
        model=_model(use_local=options.local),
        toolbox=Toolbox(options.folder, tracer, skip),
        tracer=tracer,
        session_id=options.session or f"session-{new_span_id()}",
        user_id=options.user,
    )
    for question in DEMO_QUESTIONS if options.demo else [options.question]:
        print(f"Q: {question}\n{agent.answer(question)}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="file_agent", description="Ask about a folder's files.")
    parser.add_argument("question", nargs="?", help="what to ask")
    parser.add_argument("--demo", action="store_true", help="ask six questions about Prela")
    parser.add_argument("--folder", type=Path, default=Path(), help="default: here")
    parser.add_argument(
        "--skip", action="append", default=[], metavar="NAME", help="search no folder named so"
    )
    parser.add_argument("--url", help=f"send spans to this server (default: {_DEFAULT_URL})")
    parser.add_argument(
        "--jsonl", type=Path, help="append spans to this file; sends none without --url"
    )
    parser.add_argument("--local", action="store_true", help="use no hosted model")
    parser.add_argument("--session", help="the session's id; default: a new one")
    parser.add_argument("--user", default="demo-user", help="the user's id")
    return parser


def _model(*, use_local: bool) -> Model:
    key = os.environ.get("OPENAI_API_KEY")
    if use_local or not key:
        return LocalModel()
    name = os.environ.get("OPENAI_MODEL", "gpt-4o-mini")
    return HostedModel(name, key, os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1"))


def _export(url: str | None, jsonl: Path | None) -> Callable[[Sequence[Span]], None]:
    """Send to a server unless only a file was asked for; both when both were."""
    exporters: list[Callable[[Sequence[Span]], None]] = []
    if jsonl is not None:
        exporters.append(JsonlExporter(jsonl))
    if url is not None or jsonl is None:
        exporters.append(HttpExporter(url or _DEFAULT_URL, os.environ.get("PRELA_API_KEY")))

    return several(*exporters)


if __name__ == "__main__":
    sys.exit(main())
