"""What happened so far, read from the messages alone, as any model has to."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import attrs

from examples.file_agent.model import Message

__all__ = ["Line", "Step", "found_files", "question_of", "read_lines", "steps_of"]

_FOUND = re.compile(r"^(.+?):(\d+): ", re.MULTILINE)
_NUMBERED = re.compile(r"^(\d+): (.*)$", re.MULTILINE)


@attrs.frozen
class Step:
    """A tool call with its result."""

    tool: str
    arguments: dict[str, Any]
    result: str

    @property
    def failed(self) -> bool:
        """True when the tool could not do it."""
        return self.result.startswith("error: ")


@attrs.frozen
class Line:
    """A line of a file that was read."""

    path: str
    number: int
    text: str


def question_of(messages: Sequence[Message]) -> str:
    """Give what the user asked last."""
    asked = [str(one.get("content")) for one in messages if one.get("role") == "user"]
    return asked[-1] if asked else ""


def steps_of(messages: Sequence[Message]) -> list[Step]:
    """Give the tool calls and their results, in order."""
    results = {
        one.get("tool_call_id"): str(one.get("content"))
        for one in messages
        if one.get("role") == "tool"
    }
    steps = []
    for message in messages:
        for call in message.get("tool_calls") or ():
            function = call["function"]
            arguments = json.loads(function["arguments"])
            steps.append(Step(function["name"], arguments, results.get(call["id"], "")))
    return steps


def found_files(steps: Sequence[Step]) -> dict[str, int]:
    """Give the files that searches found, best first, each with its best line."""
    files: dict[str, int] = {}
    for step in steps:
        if step.tool == "search_files" and not step.failed:
            for path, number in _FOUND.findall(step.result):
                files.setdefault(path, int(number))
    return files


def read_lines(steps: Sequence[Step]) -> list[Line]:
    """Give every line that was read."""
    return [
        Line(step.arguments["path"], int(number), text)
        for step in steps
        if step.tool == "read_file" and not step.failed
        for number, text in _NUMBERED.findall(step.result)
    ]
