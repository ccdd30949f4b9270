"""A stand-in for a language model: rules that decide the next step from the conversation.

It has no memory and no access to the folder: like a hosted model, it sees the messages and
nothing else. Its wits are few, but its decisions are real: what it finds decides what it reads,
and when a tool fails it tries another way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from examples.file_agent.conversation import (
    Line,
    Step,
    found_files,
    question_of,
    read_lines,
    steps_of,
)
from examples.file_agent.model import Message, Reply, ToolCall
from examples.file_agent.terms import file_names, key_terms, times_in

__all__ = ["LocalModel", "approximate_tokens"]

_CHARS_A_TOKEN = 4
_TERMS_SEARCHED = 6
_SEARCHES = 3
_FILES_READ = 3
_ENOUGH = 0.75
_QUOTES = 5
_PASSAGE = 3
_TOO_LITTLE = 0.4
_LINES_BEFORE = 5
_LONGEST_QUOTE = 160


def approximate_tokens(text: str) -> int:
    """Reckon four characters a token, the usual rule of thumb for English, rounded up."""
    return -(-len(text) // _CHARS_A_TOKEN)


class LocalModel:
    """Searches for the question's key terms, reads the best files, and quotes what it read."""

    name = "file-agent-rules-1"
    vendor = "local"

    def reply(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> Reply:
        """Give the next step; tokens are approximated, and `tools` count as input."""
        question, steps = question_of(messages), steps_of(messages)
        call = _next_call(question, steps)
        text = "" if call else _answer(question, steps)
        said = text or json.dumps(call.arguments if call else {})
        return Reply(
            text=text,
            tool_calls=(call,) if call else (),
            input_tokens=approximate_tokens(json.dumps([*messages, *tools])),
            output_tokens=approximate_tokens(said),
        )


def _next_call(question: str, steps: Sequence[Step]) -> ToolCall | None:
    """Decide which tool to call; None when it is time to answer."""
    state = _State(question, steps)
    for rule in (_named_file, _lost_file, _first_search, _unread_file, _wider_search):
        decided = rule(state)
        if decided is not None:
            tool, arguments = decided
            return ToolCall(f"call_{len(steps) + 1}", tool, arguments)
    return None


class _State:
    """What the conversation amounts to so far."""

    def __init__(self, question: str, steps: Sequence[Step]) -> None:
        self.steps = steps
        self.named = file_names(question)
        self.terms = key_terms(question)
        self.lines = read_lines(steps)
        self.tried = {one.arguments["path"] for one in steps if one.tool == "read_file"}
        self.searched = {one.arguments["query"] for one in steps if one.tool == "search_files"}
        self.may_search = len(self.searched) < _SEARCHES
        self.knows_enough = _covered(self.terms, self.lines) >= _ENOUGH


_Decision = tuple[str, dict[str, Any]] | None


def _named_file(state: _State) -> _Decision:
    """Read a file that the question names before all else."""
    for name in state.named:
        if name not in state.tried:
            return "read_file", {"path": name}
    return None


def _lost_file(state: _State) -> _Decision:
    """Look for a file that could not be read: it may lie elsewhere, or be called otherwise."""
    for step in state.steps:
        if step.tool == "read_file" and step.failed and state.may_search:
            stem_of_name = PurePosixPath(step.arguments["path"]).stem
            query = " ".join(
                dict.fromkeys([*key_terms(stem_of_name), *state.terms][:_TERMS_SEARCHED])
            )
            if query and query not in state.searched:
                return "search_files", {"query": query}
    return None


def _first_search(state: _State) -> _Decision:
    """Search for the key terms, unless a named file said enough."""
    if state.searched or not state.terms or state.knows_enough:
        return None
    return "search_files", {"query": " ".join(state.terms[:_TERMS_SEARCHED])}


def _unread_file(state: _State) -> _Decision:
    """Read the best file found around its best line, then the next, until enough is known."""
    if state.knows_enough or len({line.path for line in state.lines}) >= _FILES_READ:
        return None
    for path, number in found_files(state.steps).items():
        if path not in state.tried:
            return "read_file", {"path": path, "start": max(number - _LINES_BEFORE, 1)}
    return None


def _wider_search(state: _State) -> _Decision:
    """Try the longest words alone when nothing could be read: they say the most."""
    if state.lines or not state.terms or not state.may_search:
        return None
    longest = sorted(state.terms, key=len, reverse=True)[: max(len(state.terms) // 2, 1)]
    query = " ".join(longest)
    return None if query in state.searched else ("search_files", {"query": query})


def _covered(terms: Sequence[str], lines: Sequence[Line]) -> float:
    """Give the share of `terms` that stand near each other somewhere in what was read."""
    if not terms:
        return 1.0 if lines else 0.0
    best = max((len(held) for held, _ in _passages(terms, lines)), default=0)
    return best / len(terms)


def _passages(
    terms: Sequence[str], lines: Sequence[Line]
) -> Iterator[tuple[frozenset[str], Sequence[Line]]]:
    """Yield every stretch of three lines of a file with the terms it holds."""
    held = [
        frozenset(term for term in terms if times_in(line.text.lower(), term)) for line in lines
    ]
    for at, line in enumerate(lines):
        stretch = [one for one in lines[at : at + _PASSAGE] if one.path == line.path]
        yield frozenset().union(*held[at : at + len(stretch)]), stretch


def _answer(question: str, steps: Sequence[Step]) -> str:
    """Quote the passages that hold the most of the question, its rarer words first."""
    terms, lines = key_terms(question), read_lines(steps)
    common = {term: sum(times_in(line.text.lower(), term) for line in lines) for term in terms}
    passages = sorted(
        _passages(terms, lines),
        key=lambda one: -sum(1 / (1 + common[term]) + 1 for term in one[0]),
    )
    chosen: list[Line] = []
    for held, stretch in passages:
        if len(chosen) >= _QUOTES or (terms and len(held) < max(len(terms) * _TOO_LITTLE, 1)):
            break
        chosen += [line for line in stretch if line.text.strip() and line not in chosen]
    failed = [step.arguments["path"] for step in steps if step.failed and step.tool == "read_file"]
    intro = f"{', '.join(failed)} could not be read. " if failed else ""
    if not chosen:
        return f"{intro}I found nothing that answers this: {', '.join(terms) or 'no key terms'}."
    ordered = sorted(chosen, key=lambda line: (line.path, line.number))
    quotes = "\n".join(
        f"  {line.path}:{line.number}: {line.text.strip()[:_LONGEST_QUOTE]}" for line in ordered
    )
    files = ", ".join(dict.fromkeys(line.path for line in ordered))
    return f"{intro}From {files}:\n{quotes}"
