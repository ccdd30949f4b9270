"""What the agent can do: search the folder and read its files. Each call is a span."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import prela_core
from examples.file_agent.ranking import is_text, rank

__all__ = ["TOOLS", "ToolFailureError", "Toolbox"]

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "search_files",
            "description": "Find the files that hold words, best first, with their best lines.",
            "parameters": {
                "type": "object",
                "properties": {
                    "query": {"type": "string", "description": "Words, separated by blanks."},
                },
                "required": ["query"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "read_file",
            "description": "Read 60 lines of a text file, with their numbers.",
            "parameters": {
                "type": "object",
                "properties": {
                    "path": {"type": "string", "description": "As search_files gives it."},
                    "start": {"type": "integer", "description": "The first line, from 1."},
                },
                "required": ["path"],
            },
        },
    },
]
"""The tools as chat completions want them described."""

_FILES_FOUND = 6
_LINES_READ = 60
_SNIFFED_BYTES = 1024


class ToolFailureError(Exception):
    """The tool could not do it; the text is for the model, which may try another way."""


class Toolbox:
    """The tools of one folder. Nothing outside of it can be read.

    Searches leave out folders whose names are in `skip`.
    """

    def __init__(self, folder: Path, skip: AbstractSet[str] = frozenset()) -> None:
        self._skip = skip
        self._folder = folder.resolve()

    def call(self, name: str, arguments: dict[str, Any]) -> str:
        """Call a tool and give what the model gets to see: its result, or `error: ...`."""
        said = {"tool.name": name, "tool.input": json.dumps(arguments)}
        try:
            with prela_core.span(name, "tool", said) as span:
                result = self._run(name, arguments)
                span.set("tool.output", result)
        except (ToolFailureError, OSError, UnicodeDecodeError) as error:
            return f"error: {error}"
        return result

    def _run(self, name: str, arguments: dict[str, Any]) -> str:
        if name == "search_files":
            return self._search_files(str(arguments.get("query", "")))
        if name == "read_file":
            return self._read_file(str(arguments.get("path", "")), arguments.get("start", 1))
        raise ToolFailureError(f"there is no tool {name}")

    def _search_files(self, query: str) -> str:
        words = query.lower().split()
        if not words:
            raise ToolFailureError("the query is empty")
        with prela_core.span("rank files", "retrieval") as span:
            span.set("retriever.query", query)
            hits = rank(self._folder, words, _FILES_FOUND, self._skip)
            span.set("retriever.document_count", len(hits))
            span.set("retrieval.documents", [f"{hit.path} ({hit.score})" for hit in hits])
        lines = [f"{hit.path}:{number}: {text}" for hit in hits for number, text in hit.lines]
        return "\n".join(lines) or "nothing found"

    def _read_file(self, path: str, start: object) -> str:
        whole = (self._folder / path).resolve()
        if not whole.is_relative_to(self._folder):
            raise ToolFailureError(f"{path} is outside of the folder")
        if whole.is_dir():
            raise ToolFailureError(f"{path} is a folder; give a file of it")
        try:
            content = whole.read_bytes()
        except FileNotFoundError:
            # Without the machine's own path: the model knows the folder only.
            raise FileNotFoundError(f"there is no file {path} in this folder") from None
        if not is_text(content[:_SNIFFED_BYTES]):
            raise ToolFailureError(f"{path} is no text file")
        first = max(start, 1) if isinstance(start, int) else 1
        lines = content.decode("utf-8").splitlines()[first - 1 : first - 1 + _LINES_READ]
        numbered = (f"{number}: {line}" for number, line in enumerate(lines, start=first))
        return f"{path}\n" + "\n".join(numbered)
