from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_agents.errors import ModelError
from prela_agents.index import DocsIndex, cut
from prela_agents.model import Response
from prela_agents.models.rules import RulesModel
from prela_agents.models.schema import checked, faults
from prela_agents.scout.answering import (
    ANSWER,
    RULES,
    Answer,
    Library,
    answer_of,
    answer_request,
)

PAGE = """# Deleting

Traces are removed for good by `prela delete`. It asks first.

## Retention

Spans are kept for 90 days. `PRELA_RETENTION_DAYS` changes that.

| State | Meaning |
|---|---|
| settling | waiting for late inserts |
"""


class Blind:
    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [[0.0] for _ in texts]


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(DocsIndex(cut("docs/deletion.md", PAGE), Blind()), Blind())


async def by_rules(library: Library, question: str) -> Answer:
    looked_up = library.look_up(question)
    return answer_of(looked_up, await RulesModel(RULES).generate(answer_request(looked_up)))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How do I delete traces?", "Traces are removed for good by `prela delete`."),
        ("how many days are spans kept", "Spans are kept for 90 days."),
        ("what does settling mean?", "| settling | waiting for late inserts |"),
    ],
)
async def test_rules_quote_what_says_most(library: Library, question: str, words: str) -> None:
    answer = await by_rules(library, question)
    assert answer.given
    (quote,) = answer.quotes
    assert words in quote.text
    passage = library.passage(quote.passage_id)
    assert passage is not None
    assert quote.resolves_in(passage)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "question",
    ["Is there a Helm chart?", "What does the business plan cost?", "", "???", "how do i do it"],
)
async def test_rules_refuse_what_the_docs_do_not_say(library: Library, question: str) -> None:
    assert Answer() == await by_rules(library, question)


def response(library: Library, **value: Any) -> tuple[Any, Response]:
    looked_up = library.look_up("how long are spans kept?")
    request = answer_request(looked_up)
    said: Mapping[str, Any] = {"answered": True, "text": "", "quotes": []} | value
    return looked_up, Response(value=checked(said, request), model="m")


def test_quotes_that_are_not_in_the_passage_are_dropped(library: Library) -> None:
    quotes = [
        {"passage": 0, "text": "Spans are kept\n for 90 days."},
        {"passage": 0, "text": "Spans are kept for ever."},
        {"passage": 1, "text": "Spans are kept for 90 days."},
        {"passage": 7, "text": "Spans are kept for 90 days."},
    ]
    answer = answer_of(*response(library, text="For 90 days.", quotes=quotes[:3]))
    assert ["Spans are kept\n for 90 days."] == [each.text for each in answer.quotes]
    assert ("For 90 days.", "m") == (answer.text, answer.judge)
    assert 2 == len(answer.dropped)
    assert not answer_of(*response(library, text="For ever.", quotes=quotes[1:])[0:2]).given


@pytest.mark.parametrize(
    "text",
    [
        "See https://evil.example/x.",
        "Ask on evil.example/help",
        "As @everyone knows.",
        "[here](/x)",
        "<b>Now</b>",
        "Join r/other.",
        "Go to www.evil",
    ],
)
def test_words_that_lead_elsewhere_are_left_out_and_the_quotes_stay(
    library: Library, text: str
) -> None:
    quote = {"passage": 0, "text": "Spans are kept for 90 days."}
    answer = answer_of(*response(library, text=text, quotes=[quote]))
    assert (True, "", (text,)) == (answer.given, answer.text, answer.dropped)


def test_a_refusal_has_no_words(library: Library) -> None:
    quote = {"passage": 0, "text": "Spans are kept for 90 days."}
    assert Answer(judge="m") == answer_of(
        *response(library, answered=False, text="Well.", quotes=[quote])
    )


def test_an_answer_can_hold_nothing_but_what_was_asked_for(library: Library) -> None:
    with pytest.raises(ModelError, match="send_to"):
        response(library, send_to="@everyone")


@given(st.text(max_size=200))
def test_rules_give_what_was_asked_for_whatever_the_question(question: str) -> None:
    library = Library(DocsIndex(cut("docs/deletion.md", PAGE), Blind()), Blind())
    request = answer_request(library.look_up(question))
    assert [] == list(faults(RULES[ANSWER](request.inputs), request.schema))
