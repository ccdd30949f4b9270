from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.prela_agents.making import item

from prela_agents.amplifier.claims import CLAIMS, claims_of, claims_request
from prela_agents.amplifier.rules import RULES
from prela_agents.amplifier.shaping import drafts_of
from prela_agents.amplifier.topics import Topic, release_topic, topics_of
from prela_agents.amplifier.writing import WRITE, Written, write_request, written_of
from prela_agents.index import cut
from prela_agents.model import (
    DraftKind,
    Platform,
    Product,
    Profile,
    Response,
)
from prela_agents.models.schema import checked, faults
from prela_agents.ours import PRELA
from prela_agents.outbox import POLICIES
from prela_core.testing.factories import NOON

WORDS = " ".join(f"Sentence number {n} says a thing of spans and days." for n in range(9))
PAGE = f"""# Deleting

Traces are removed for good, see [the API](api.md). It asks first. {WORDS}

```console
$ prela delete --older-than 30d
Deleted 3 traces
```

## Retention

- **Kept**: for a time.
- Spans are kept for 90 days by default.
"""
PROFILE = Profile(
    us=PRELA,
    announce_subreddit="prela",
    announce_channel="42",
    docs_url="https://docs.prela.test/",
)


def topic(page: str = PAGE) -> Topic:
    (found,) = topics_of(list(cut("docs/deletion.md", page)), "Prela", PROFILE.docs_url)
    return found


def by_rules(about: Topic) -> Written:
    request = write_request(about)
    value = checked(RULES[WRITE](request.inputs), request)
    return written_of(about, Response(value=value, model="rules"))


def by_model(about: Topic, **said: Any) -> Written:
    value = {"title": "A title", "hook": "", "points": [], "quotes": []} | said
    return written_of(about, Response(value=checked(value, write_request(about)), model="m"))


def test_a_page_is_a_topic_until_it_changes() -> None:
    about = topic()
    assert ("Prela: Deleting", "https://docs.prela.test/docs/deletion.md") == (
        about.headline,
        about.address,
    )
    assert about == topic()
    assert about.about != topic(PAGE.replace("90", "30")).about


def test_reference_pages_and_stubs_are_no_topics() -> None:
    sections = "\n".join(f"## S{n}\n\nWords enough of them." for n in range(50))
    assert [] == list(topics_of(list(cut("a.md", sections)), "Prela", ""))
    assert [] == list(topics_of(list(cut("a.md", "# A\n\nShort.\n")), "Prela", ""))


def test_rules_say_what_the_page_says_and_quote_it() -> None:
    written = by_rules(topic())
    assert written.is_enough
    assert "Spans are kept for 90 days by default." in written.points
    assert not any("It asks first" in each or "Kept" in each for each in written.points)
    passages = {each.id: each for each in topic().passages}
    assert all(each.resolves_in(passages[each.passage_id]) for each in written.quotes)
    assert () == written.dropped


@pytest.mark.parametrize(
    "text",
    [
        "It is kept for 91 days.",
        "See https://evil.test/x.",
        "Ask @ada about it.",
        "[here](x.md) or ask on evil.example now",
    ],
)
def test_no_number_is_invented_and_no_address(text: str) -> None:
    written = by_model(topic(), hook=text, points=[text, "Spans are kept for 90 days."])
    assert ("", ("Spans are kept for 90 days.",)) == (written.hook, written.points)
    assert 2 == len(written.dropped)


def test_quotes_of_nothing_are_dropped() -> None:
    quotes = [
        {"passage": 1, "text": "Spans are kept for 90 days by default."},
        {"passage": 1, "text": "Spans are kept for ever."},
        {"passage": 9, "text": "Spans are kept for 90 days by default."},
    ]
    written = by_model(topic(), points=["Kept."], quotes=quotes)
    assert [topic().passages[1].id] == [each.passage_id for each in written.quotes]
    assert not by_model(topic(), points=["Kept."], quotes=quotes[1:]).is_enough


@given(st.text(max_size=300))
def test_rules_give_what_was_asked_for_whatever_the_text(text: str) -> None:
    passages = tuple(cut("a.md", text))
    about = Topic(about="a", headline=text[:200], address="", passages=passages)
    for request in (write_request(about), claims_request(item(text=text), Product(name="Rival"))):
        assert [] == list(faults(RULES[request.task](request.inputs), request.schema))


def test_the_same_words_take_the_form_of_each_place() -> None:
    drafts = {
        (each.platform, each.kind): each
        for each in drafts_of(topic(), by_rules(topic()), PROFILE, NOON)
    }
    assert {
        (Platform.X, DraftKind.THREAD): "",
        (Platform.REDDIT, DraftKind.POST): "prela",
        (Platform.DISCORD, DraftKind.NOTE): "42",
        (Platform.HACKERNEWS, DraftKind.FACT_SHEET): "",
        (Platform.WEB, DraftKind.DOCUMENT): "",
    } == {place: each.where for place, each in drafts.items()}
    assert 5 == len({each.id for each in drafts.values()})
    for each in drafts.values():
        assert [] == [said for policy in POLICIES if (said := policy.objection(each))]
        assert topic().address in each.parts[-1]
    sheet = drafts[Platform.HACKERNEWS, DraftKind.FACT_SHEET].parts[0]
    assert sheet.startswith("Write this yourself.")
    story = drafts[Platform.WEB, DraftKind.DOCUMENT].parts[0]
    assert "```console\n$ prela delete --older-than 30d" in story


def test_x_which_shows_them_gets_no_marks_of_markdown() -> None:
    quotes = by_rules(topic()).quotes
    written = Written(
        title="`prela delete`",
        hook="It **asks**.",
        points=("Set `A=1`.",),
        quotes=quotes,
        judge="m",
    )
    places = {each.platform: each for each in drafts_of(topic(), written, PROFILE, NOON)}
    assert ("prela delete\n\nIt asks.", "Set A=1.") == places[Platform.X].parts[:2]
    assert "- Set `A=1`." in places[Platform.DISCORD].parts[0]


@given(
    st.lists(st.text(min_size=1, max_size=240), max_size=6),
    st.text(max_size=240),
    st.text(min_size=1, max_size=120),
)
def test_what_a_place_takes_is_never_exceeded(points: list[str], hook: str, title: str) -> None:
    quote = by_rules(topic()).quotes
    written = Written(title=title, hook=hook, points=tuple(points), quotes=quote, judge="m")
    for each in drafts_of(topic(), written, PROFILE, NOON):
        longest = {Platform.X: 280, Platform.DISCORD: 2_000}.get(each.platform, 40_000)
        assert all(len(part) <= longest for part in each.parts), each.platform
        assert len(each.title) <= 300


def test_places_that_the_settings_do_not_name_get_nothing() -> None:
    drafts = list(drafts_of(topic(), by_rules(topic()), Profile(us=PRELA), NOON))
    assert {Platform.X, Platform.HACKERNEWS, Platform.WEB} == {each.platform for each in drafts}


def test_a_release_is_told_by_its_notes() -> None:
    notes = item(title="v0.3", text="Exports know CSV now.\r\n\r\n- Tail reconnects by itself.")
    about = release_topic(notes, "Prela", "0.3.0")
    assert ("release:0.3.0", "Prela 0.3.0", notes.url) == (
        about.about,
        about.headline,
        about.address,
    )
    kinds = [each.kind for each in drafts_of(about, by_rules(about), PROFILE, NOON)]
    assert DraftKind.DOCUMENT not in kinds


RIVAL = Product(name="Rival", pages=("https://rival.test/pricing",))
PRICES = item(
    platform=Platform.WEB,
    id="https://rival.test/pricing#1",
    url="https://rival.test/pricing",
    title="Pricing",
    text="Prices\n\nThe team plan costs $29 per month.\nRetention is 30\ndays. Loved by all.",
    extra={"hash": "h1"},
)


def test_claims_are_sentences_of_the_page_that_can_be_checked() -> None:
    request = claims_request(PRICES, RIVAL)
    value = checked(RULES[CLAIMS](request.inputs), request)
    (claim,) = claims_of(PRICES, RIVAL, Response(value=value, model="rules"))
    assert "The team plan costs $29 per month." == claim.quote
    assert "Rival says: The team plan costs $29 per month." == claim.text
    assert (PRICES.url, "h1", PRICES.created_at) == (
        claim.url,
        claim.source_hash,
        claim.fetched_at,
    )
    assert claim.is_good(PRICES.created_at)
    assert not claim.is_good(claim.expires_at)


@pytest.mark.parametrize(
    ("text", "quote", "kept"),
    [
        ("Rival keeps data for 30 days.", "Retention is 30 days.", True),
        ("Rival keeps data for 31 days.", "Retention is 30 days.", False),
        ("Rival keeps data for a year.", "Retention is one year.", False),
        ("Rival is described at https://x.test", "Retention is 30 days.", False),
        ("Rival is insolvent.", "", False),
    ],
)
def test_a_claim_says_no_more_than_its_quote(
    text: str,
    quote: str,
    kept: bool,  # noqa: FBT001
) -> None:
    value = {"claims": [{"text": text, "quote": quote}]}
    assert kept == bool(claims_of(PRICES, RIVAL, Response(value=value, model="m")))


def test_what_the_opening_says_is_not_said_again() -> None:
    about = release_topic(item(title="v0.3", text="Exports know CSV from now on."), "Prela", "0.3")
    drafts = list(drafts_of(about, by_rules(about), PROFILE, NOON))
    assert all(1 == "\n".join(each.parts[:2]).count("know CSV") for each in drafts[:3])
