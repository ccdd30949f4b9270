"""`python -m examples.file_agent "question"`, run from the root of the repository."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

if __package__ in (None, ""):  # started as `python examples/file_agent/__main__.py`
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import prela_core
from examples.file_agent.agent import Agent
from examples.file_agent.hosted_model import HostedModel
from examples.file_agent.local_model import LocalModel
from examples.file_agent.model import Model
from examples.file_agent.questions import DEMO_QUESTIONS
from examples.file_agent.tools import Toolbox
from prela_core.emit import Exporter
from prela_core.io.jsonl_exporter import JsonlExporter
from prela_core.model import new_span_id

__all__ = ["main"]


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
    prela_core.init("file-agent", url=options.url, exporter=_exporters(options.url, options.jsonl))
    agent = Agent(_model(use_local=options.local), Toolbox(options.folder, skip))
    session = options.session or f"session-{new_span_id()}"
    with prela_core.context(session=session, user=options.user):
        for question in DEMO_QUESTIONS if options.demo else [options.question]:
            print(f"Q: {question}\n{agent.answer(question)}\n")
    prela_core.shutdown()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="file_agent", description="Ask about a folder's files.")
    parser.add_argument("question", nargs="?", help="what to ask")
    parser.add_argument("--demo", action="store_true", help="ask six questions about Prela")
    parser.add_argument("--folder", type=Path, default=Path(), help="default: here")
    parser.add_argument(
        "--skip", action="append", default=[], metavar="NAME", help="search no folder named so"
    )
    parser.add_argument("--url", help="send spans to this server (default: PRELA_URL or here)")
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


def _exporters(url: str | None, jsonl: Path | None) -> list[str | Exporter] | None:
    """Send to a server unless only a file was asked for; both when both were."""
    if jsonl is None:
        return None
    file = JsonlExporter(jsonl)
    return [file] if url is None else [file, "http"]


if __name__ == "__main__":
    sys.exit(main())
