"""Taking a text apart without a key: by its list items, headings, and the words in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from prela_agents.model import ChangeKind
from prela_agents.models.rules import Rules
from prela_agents.reading import without_demands
from prela_agents.sentinel.changes.request import TAKE_APART

__all__ = ["RULES", "kind_of"]

_MOST = 12
_SUMMARY, _QUOTE = 200, 400
_LONG_HEADING = 3

_KINDS: tuple[tuple[ChangeKind, str], ...] = (
    (ChangeKind.SECURITY, r"security|vulnerab\w+|\bcve\b|cve-\d|xss|ssrf|injection"),
    (ChangeKind.BREAKING, r"breaking|backwards?.incompatib\w+|\bremoved?\b|\bdrop(?:s|ped)?\b"),
    (ChangeKind.DEPRECATION, r"deprecat\w+|sunset\w*|end of life"),
    (
        ChangeKind.PRICING,
        r"pric(?:e|es|ing)\b|free tier|per seat|per month|/month|/mo\b|[$€£]\s?\d|billing plan",
    ),
    (ChangeKind.LICENSE, r"licen[cs](?:e|ed|es|ing)\b|\bagpl\b|\bbsl\b|open.sourc\w+"),
    (ChangeKind.FIX, r"^fix|\bfix(?:es|ed)?\b|\bbugs?\b|\bcrash\w*|regression|no longer fails?"),
    (
        ChangeKind.PERFORMANCE,
        r"faster|speed|performance|latency|throughput|optimi[sz]\w+|less memory|\bperf\b",
    ),
    (
        ChangeKind.INTEGRATION,
        r"integrat\w+|connectors?|plug-?ins?|works with|exporter|opentelemetry|otlp|langchain",
    ),
    (
        ChangeKind.FEATURE,
        r"\badd(?:s|ed)?\b|\bnew\b|introduc\w+|\bfeat\w*|support(?:s|ed)?\b|\bnow\b|\blaunch|improv",
    ),
)
_CUES = tuple((kind, re.compile(words, re.IGNORECASE)) for kind, words in _KINDS)

_LIST_ITEM = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+(?P<text>.+)$")
_HEADING = re.compile(r"^\s*(?:#{1,6}\s+(?P<hashes>.+?)\s*#*|\*\*(?P<stars>[^*]+)\*\*:?)\s*$")
_CHORE = re.compile(
    r"^(?:chore|ci|test|tests|build|docs|refactor|style|bump)\b[^ ]*:|^bump |new contributors?|"
    r"made their first contribution|full changelog|^merge |thanks? to|^dependenc",
    re.IGNORECASE,
)
_CHORES = re.compile(r"contributors|internal|chores?|dependenc|documentation", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:\s*(?:\(?(?:by|thanks) @[\w-]+\)?|in https?://\S+|\(?\[?#\d+\]?(?:\([^)]*\))?\)?|"
    r"\([0-9a-f]{7,40}\)))+\.?\s*$"
)
_PREFIX = re.compile(r"^(?:feat|fix|perf|feature)(?:\([^)]*\))?!?:\s*", re.IGNORECASE)
_MARKUP = (
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), ""),
    (re.compile(r"\[([^\]]+)\]\([^)]*\)"), r"\1"),
    (re.compile(r"(\*\*|__|`)"), ""),
    (re.compile(r"https?://\S+"), ""),
)


def kind_of(text: str, heading: str = "") -> ChangeKind:
    """Give the kind of a change by its heading, or else by its own words."""
    first = next((kind for kind, cue in _CUES if cue.search(text)), ChangeKind.OTHER)
    # A long heading tells something of its own; and a hole is one wherever it is listed.
    if first is ChangeKind.SECURITY or len(heading.split()) > _LONG_HEADING:
        return first
    return next((kind for kind, cue in _CUES if cue.search(heading)), first)


def _take_apart(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    if inputs["places"]:
        found = [_place(each, inputs["title"]) for each in inputs["places"]]
    elif inputs["what"] == "article":
        title = inputs["title"]
        kind = kind_of(title, "") if title else ChangeKind.OTHER
        found = [_entry(kind, title, "")] if title else []
    else:
        found = list(_notes(inputs["text"]))
    return {"changes": found[:_MOST]}


def _notes(text: str) -> Iterator[Mapping[str, Any]]:
    items = list(_items(text))
    for heading, line in items:
        if _CHORE.search(line) or _CHORES.search(heading) or _commands(line):
            continue
        yield _entry(kind_of(line, heading), line, "")


def _commands(line: str) -> bool:
    """Say whether a line is addressed to whoever reads it instead of telling of a change."""
    return without_demands(line).split() != line.split()


def _items(text: str) -> Iterator[tuple[str, str]]:
    """Give the list's items, or the lines where there is no list, with the heading above each."""
    heading, lines, items = "", list[tuple[str, str]](), list[tuple[str, str]]()
    for spaced in text.splitlines():
        # Runs of spaces would be gone through again and again by the expressions.
        line = " ".join(spaced.split())
        if found := _HEADING.match(line):
            heading = found["hashes"] or found["stars"]
        elif found := _LIST_ITEM.match(line):
            items.append((heading, found["text"].strip()))
        elif line.strip():
            lines.append((heading, line.strip()))
    yield from items or lines


def _place(place: Mapping[str, str], title: str) -> Mapping[str, Any]:
    before, now = _first(place["before"]), _first(place["now"])
    kind = kind_of(f"{before}\n{now}", "")
    if kind not in {ChangeKind.PRICING, ChangeKind.LICENSE}:
        about_prices = "pric" in title.casefold()
        kind = ChangeKind.PRICING if about_prices else ChangeKind.POSITIONING
    if not before:
        summary = f"Now says: {now}"
    elif not now:
        summary = f"No longer says: {before}"
    else:
        summary = f"Now says: {now} (before: {before})"
    return _entry(kind, now, before, summary)


def _entry(kind: ChangeKind, quote: str, old: str, summary: str = "") -> Mapping[str, Any]:
    return {
        "kind": str(kind),
        "summary": _cut(_plain((summary or quote)[: 2 * _QUOTE]), _SUMMARY),
        "quote": quote[:_QUOTE],
        "old_quote": old[:_QUOTE],
    }


def _plain(text: str) -> str:
    # As in `_items`: the expressions would go through runs of blanks again and again.
    text = _PREFIX.sub("", _TAIL.sub("", " ".join(text.split())))
    for sign, instead in _MARKUP:
        text = sign.sub(instead, text)
    flat = " ".join(text.split())
    flat = flat[:1].upper() + flat[1:]
    return flat if not flat or flat[-1] in ".!?…)" else f"{flat}."


def _first(lines: str) -> str:
    """Give what a place says in a few lines."""
    return _cut(" ".join(lines.splitlines()[:4]), _QUOTE)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest].rsplit(" ", 1)[0]


RULES: Rules = {TAKE_APART: _take_apart}
