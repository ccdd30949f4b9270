"""What becomes of a report: attached to the issue that it is, or a new one that names the nearest.

Only what is certain is attached: the same words, or what a model that reads confirms. Rules compare
words, and of five pairs that were new to them and that they took for one, four were not: they name,
and people merge.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable, Sequence

import attrs

from prela_agents.model import Issue, Request, Response
from prela_agents.models.rules import RulesModel
from prela_agents.quoting import inert
from prela_agents.reading import without_demands
from prela_agents.scout.filing.candidates import Candidate
from prela_agents.scout.filing.request import same_of, same_request
from prela_agents.scout.filing.writing import beginning, quoted_in, told_by

__all__ = ["Resolution", "may_merge", "resolve"]

_NAMED = 3
_NEAR = 0.35
"""Likeness from which an issue is named. Of 108 golden duplicates to develop with, 95 have theirs
named so, with 2.3 names a report; from .2 on it is 96 with 3, and from .4 on 91 with 1.8.
"""
_WORDS = 8
"""Two may well say "it crashes", and mean two things."""


@attrs.frozen(kw_only=True)
class Resolution:
    """The issue that a report is certainly, or up to three that it may be, the nearest first."""

    same: Issue | None = None
    perhaps: tuple[Issue, ...] = ()


def may_merge(judge: str) -> bool:
    """Say whether the word of `judge`, as it signs, is enough for two reports to be one."""
    return judge != RulesModel.name


async def resolve(
    report: tuple[str, str],
    candidates: Sequence[Candidate],
    ask: Callable[[Request], Awaitable[Response]],
) -> Resolution:
    """Find the issue that `report`, its title and text, is about.

    `ask` is asked of each candidate until one is confirmed; what it answers is signed.
    """
    title, text = report
    for each in candidates:
        if _is_the_same_text(title, text, each.issue):
            return Resolution(same=each.issue)
    doubtful: list[tuple[bool, float, Issue]] = []
    for each in candidates:
        issue = each.issue
        answer = await ask(
            same_request((title, without_demands(text)), (issue.title, told_by(issue)))
        )
        if not may_merge(answer.model):
            doubtful.append((same_of(answer), each.likeness, issue))
        elif same_of(answer):
            return Resolution(same=issue)
    return Resolution(perhaps=_nearest(doubtful))


def _nearest(doubtful: Sequence[tuple[bool, float, Issue]]) -> tuple[Issue, ...]:
    """Give those that rules take for the same first, and then what is likest."""
    ranked = sorted(doubtful, key=lambda each: each[:2], reverse=True)
    return tuple(issue for same, likeness, issue in ranked if same or likeness >= _NEAR)[:_NAMED]


def _is_the_same_text(title: str, text: str, issue: Issue) -> bool:
    """Say whether an issue tells a report word for word, as text or as a quote of ours.

    Of long texts it is the beginning that an issue quotes.
    """
    quoted = quoted_in(issue.description)
    if quoted is None:
        said, told = _plain(title, text), _plain(issue.title, issue.description)
    else:
        said, told = _plain(title, beginning(text)), _plain(issue.title, quoted)
    return said == told and len(said.split()) >= _WORDS


def _plain(title: str, text: str) -> str:
    """Give words as they are compared: letter case, blanks and dead addresses apart."""
    return " ".join(inert(unicodedata.normalize("NFKC", f"{title}\n{text}")).casefold().split())
