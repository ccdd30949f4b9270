from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from prela_agents.model import (
    Claim,
    Draft,
    DraftKind,
    Failure,
    Outcome,
    Passage,
    Platform,
    Quote,
    RunState,
    Sentence,
)

NOW = datetime(2026, 11, 30, tzinfo=UTC)
DRAFT = Draft(
    id="d1",
    agent="scout",
    platform=Platform.REDDIT,
    kind=DraftKind.REPLY,
    about="reddit:t3_1",
    where="python",
    reply_to="t3_1",
    parts=("one", "two"),
    created_at=NOW,
)


@pytest.mark.parametrize(
    "change",
    [
        {"parts": ("one", "two.")},
        {"parts": ("onetwo",)},
        {"parts": ("one", "two", "")},
        {"title": "one"},
        {"where": "rust"},
        {"reply_to": "t3_2"},
        {"platform": Platform.X},
        {"kind": DraftKind.POST},
        {"addresses_us": True},
    ],
)
def test_whatever_readers_see_is_in_the_hash(change: dict[str, Any]) -> None:
    changed = attrs.evolve(DRAFT, **change)
    assert DRAFT.content_hash != changed.content_hash
    assert DRAFT.key(0) != changed.key(0)


def test_what_only_reviewers_see_is_not() -> None:
    changed = attrs.evolve(DRAFT, note="sure?", sources=("https://a.test",))
    assert DRAFT.content_hash == changed.content_hash


def test_parts_have_keys_of_their_own_that_fit_a_nonce() -> None:
    assert DRAFT.key(0) != DRAFT.key(1)
    assert 24 == len(DRAFT.key(0))


def test_only_the_first_post_has_the_title() -> None:
    titled = attrs.evolve(DRAFT, title="Hello")
    assert ("Hello", "") == (titled.post(0, None).title, titled.post(1, "x").title)


def test_quotes_resolve_in_their_passage_alone() -> None:
    passage = Passage(id="a#b", path="a", anchor="b", trail=("A", "B"), text="Set it\n  up now.")
    assert Quote("a#b", "it up now").resolves_in(passage)
    assert not Quote("a#b", "it up later").resolves_in(passage)
    assert not Quote("a#c", "it up now").resolves_in(passage)
    assert not Quote("a#b", " \n ").resolves_in(passage)


def test_claims_go_stale() -> None:
    claim = Claim(
        id="c",
        product="p",
        text="t",
        quote="q",
        url="https://a.test",
        fetched_at=NOW,
        expires_at=NOW + timedelta(days=1),
        source_hash="h",
    )
    assert claim.is_good(NOW)
    assert not claim.is_good(NOW + timedelta(days=1))
    assert not attrs.evolve(claim, stale_since=NOW).is_good(NOW)


@pytest.mark.parametrize("sources", [(), ("",)])
def test_a_sentence_has_a_source(sources: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="needs its source"):
        Sentence("It grew.", sources)


def test_outcomes_are_judged_by_what_went_well_too() -> None:
    failure = Failure("x", "down")
    assert RunState.COMPLETE == Outcome().state
    assert RunState.PARTIAL == Outcome(failures=(failure,), succeeded=1).state
    assert RunState.FAILED == Outcome(failures=(failure,)).state
