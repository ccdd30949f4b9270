from __future__ import annotations

from typing import Any

import pytest
from tests.prela_agents.making import draft

from prela_agents.model import DraftKind, Platform
from prela_agents.outbox import POLICIES


def objections(**changes: Any) -> list[str]:
    made = draft(**changes)
    return [said for policy in POLICIES if (said := policy.objection(made)) is not None]


@pytest.mark.parametrize(
    "kind", [each for each in DraftKind if each not in ("fact_sheet", "document")]
)
def test_nothing_is_published_on_hacker_news(kind: DraftKind) -> None:
    assert any(
        "bans generated" in each for each in objections(platform=Platform.HACKERNEWS, kind=kind)
    )


def test_a_fact_sheet_about_it_is_for_people() -> None:
    assert [] == objections(platform=Platform.HACKERNEWS, kind=DraftKind.FACT_SHEET)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"platform": Platform.X, "kind": DraftKind.REPLY, "reply_to": "1"}, "mention or quote"),
        ({"platform": Platform.X, "kind": DraftKind.POST, "reply_to": "1"}, "mention or quote"),
        ({"platform": Platform.X, "kind": DraftKind.REPLY, "addresses_us": True}, ""),
        ({"platform": Platform.X, "kind": DraftKind.POST}, ""),
        ({"platform": Platform.X, "kind": DraftKind.THREAD, "parts": ("a", "b" * 281)}, "part 2"),
        ({"platform": Platform.X, "kind": DraftKind.POST, "parts": ("a" * 279 + "…",)}, "281"),
        ({"platform": Platform.X, "kind": DraftKind.POST, "parts": ("https://" + "a" * 300,)}, ""),
        ({"platform": Platform.X, "kind": DraftKind.POST, "parts": ("a", "b")}, "one post"),
        ({"platform": Platform.REDDIT, "kind": DraftKind.REPLY}, "what it answers"),
        ({"platform": Platform.REDDIT, "kind": DraftKind.REPLY, "reply_to": "t3_1"}, ""),
        ({"platform": Platform.REDDIT, "kind": DraftKind.POST}, "a subreddit and a title"),
        ({"platform": Platform.REDDIT, "kind": DraftKind.POST, "title": "T"}, ""),
        ({"platform": Platform.REDDIT, "kind": DraftKind.POST, "title": "T" * 301}, "title has"),
        ({"parts": (" ",)}, "part 1 is empty"),
        ({"parts": ()}, "has 0"),
        ({"parts": ("a" * 2001,)}, "2000 are allowed"),
        ({"platform": Platform.GITHUB}, "nothing publishes a note to github"),
        ({"platform": Platform.DISCORD}, ""),
        ({"platform": Platform.WEB, "kind": DraftKind.DOCUMENT, "parts": ("a" * 90_000,)}, ""),
    ],
)
def test_what_is_objected_to(changes: dict[str, Any], said: str) -> None:
    found = objections(**changes)
    assert bool(said) == bool(found)
    assert said in " ".join(found)
