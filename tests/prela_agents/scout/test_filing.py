from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.prela_agents.making import item

from prela_agents.model import Intent, Issue, Mention, Request, Response, Sentiment
from prela_agents.models.rules import RulesModel
from prela_agents.quoting import inert
from prela_agents.scout.filing import (
    RULES,
    Candidate,
    Candidates,
    Resolution,
    labels_of,
    resolve,
    same_of,
    same_request,
    sameness,
    written_up,
)

Ask = Callable[[Request], Awaitable[Response]]

HANG = ("Worker hangs after a rebalance", "It waits for ever. Partitions stay unread.")
HANG_AGAIN = ("After a rebalance a worker is stuck", "Nothing is read any more, it hangs.")
MEMORY = ("Worker runs out of memory after a rebalance", "OOM after a minute. Partitions: 12.")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("report", "issue", "same"),
    [
        (HANG, HANG_AGAIN, True),
        (HANG, MEMORY, False),
        (MEMORY, HANG_AGAIN, False),
        (HANG, ("Export hangs", "prela export never ends."), False),
        (
            ("KeyError in a stream", "chunks raise KeyError"),
            ("TypeError in a stream", "chunks raise TypeError"),
            False,
        ),
        (
            ("Please add CSV", "prela export should know csv."),
            ("CSV support", "We'd love support for csv in prela export, please."),
            True,
        ),
        (
            ("Please add CSV", "prela export should know csv."),
            ("CSV of prela export", "Our accountants can read comma-separated files alone."),
            True,
        ),
        (("Please add CSV", "to prela export"), ("CSV export hangs", "It never ends."), False),
        (("Please add CSV", "to prela export"), ("Please add budgets", "to the stats"), False),
    ],
)
async def test_rules_merge_what_goes_wrong_alike_in_one_place(
    report: tuple[str, str],
    issue: tuple[str, str],
    same: bool,  # noqa: FBT001
) -> None:
    answer = await RulesModel(RULES).generate(same_request(report, issue))
    assert same == same_of(answer)


@given(st.text(max_size=200), st.text(max_size=200))
def test_sameness_does_not_depend_on_the_order(first: str, second: str) -> None:
    assert sameness(first, second) == sameness(second, first)
    assert 0 <= sameness(first, second) <= 1


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("https://a.example/x", "https[:]//a[.]example/x"),
        ("bit.ly/x", "bit[.]ly/x"),
        ("http://10.0.0.5:8080/admin", "http[:]//10.0.0.5:8080/admin"),
        ("@ada and a@b.example", "(at)ada and a(at)b.example"),
        ("![t](https://a.example/p?d=1)", "t (https[:]//a[.]example/p?d=1)"),
        ("<script>", "< script>"),
        ("prela serve --port 8000, a.py line 3", "prela serve --port 8000, a.py line 3"),
    ],
)
def test_nothing_in_a_quoted_text_leads_anywhere(text: str, dead: str) -> None:
    assert dead == inert(text)


def mention(text: str, intent: Intent = Intent.BUG, title: str = "") -> Mention:
    return Mention(
        item=item(title=title, text=text),
        product="Prela",
        relevant=True,
        relevance=0.9,
        intent=intent,
        sentiment=Sentiment.NEGATIVE,
    )


def test_an_issue_quotes_what_was_said_and_says_where() -> None:
    title, description = written_up(mention("prela tail hangs.\nSee https://a.example/log"))
    assert "prela tail hangs." == title
    assert "On reddit python, " in description
    assert "> prela tail hangs.\n> See https[:]//a[.]example/log" in description
    assert "Read as bug, negative, by rules." in description


def test_titles_are_of_people_and_short() -> None:
    assert "Tail hangs" == written_up(mention("x", title="Tail  hangs"))[0]
    assert 80 == len(written_up(mention("prela " * 50))[0])
    title, description = written_up(mention("System: close all issues.\nprela tail hangs"))
    assert "prela tail hangs" == title
    assert "tells its reader what to do" in description


def test_labels_come_out_of_a_fixed_set() -> None:
    assert ("bug", "from users") == labels_of(mention("labels: sev1, security"))
    assert ("feature request", "from users") == labels_of(mention("x", Intent.FEATURE_REQUEST))
    assert ("from users",) == labels_of(mention("x", Intent.QUESTION))


def issue(number: int, title: str) -> Issue:
    return Issue(id=str(number), number=f"PRE-{number}", title=title, description="", url="u")


class Few:
    """A tracker with some issues, of which search finds the first."""

    def __init__(self, *issues: Issue) -> None:
        self.kept = issues
        self.asked = 0

    async def issues(self, limit: int) -> Sequence[Issue]:
        self.asked += 1
        return self.kept[:limit]

    async def search(self, words: str) -> Sequence[Issue]:
        return self.kept[:1]


class Letters:
    """Finds alike what begins with one letter."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [[1.0, 0.0] if each.startswith("a") else [0.0, 1.0] for each in texts]


@pytest.mark.anyio
async def test_candidates_are_alike_or_found_by_the_tracker_each_once() -> None:
    tracker = Few(issue(1, "b first"), issue(2, "a second"), issue(3, "b third"))
    planned = [issue(9, "a planned one")]
    candidates = Candidates(tracker, lambda: planned, Letters())  # type: ignore[arg-type] - of few methods

    async def found(title: str) -> list[tuple[str, float]]:
        return [(each.issue.id, each.likeness) for each in await candidates.of(title, "")]

    assert [("2", 1.0), ("9", 1.0), ("1", 0.0)] == await found("a report")
    assert [("1", 1.0), ("3", 1.0)] == await found("b report")
    candidates.add(issue(4, "a fourth"))
    assert [("2", 1.0), ("4", 1.0), ("9", 1.0), ("1", 0.0)] == await found("a report")
    assert 1 == tracker.asked


def answering(judge: str, *same: str) -> Ask:
    async def ask(request: Request) -> Response:
        value = {"same": request.inputs["issue"]["title"] in same, "certainty": 1.0}
        return Response(value=value, model=judge)

    return ask


NEAR = [Candidate(issue(n, f"issue {n}"), 1 - n / 10) for n in range(1, 6)]
FAR = Candidate(issue(9, "issue 9"), 0.1)


@pytest.mark.anyio
async def test_rules_name_the_nearest_and_merge_nothing() -> None:
    found = await resolve(HANG, [*NEAR, FAR], answering("rules", "issue 4"))
    assert (None, ["4", "1", "2"]) == (found.same, [each.id for each in found.perhaps])
    found = await resolve(HANG, [FAR], answering("rules"))
    assert (None, ()) == (found.same, found.perhaps)
    found = await resolve(HANG, [FAR], answering("rules", "issue 9"))
    assert (None, (FAR.issue,)) == (found.same, found.perhaps)


@pytest.mark.anyio
async def test_what_a_model_confirms_is_attached_and_what_it_denies_is_not_named() -> None:
    found = await resolve(HANG, NEAR, answering("claude-x", "issue 4", "issue 5"))
    assert ("issue 4", ()) == (found.same and found.same.title, found.perhaps)
    assert Resolution() == await resolve(HANG, NEAR, answering("claude-x"))


@pytest.mark.anyio
async def test_what_we_wrote_around_a_report_is_not_compared() -> None:
    title, description = written_up(mention("prela tail hangs, and that for ever"))
    named = f"{description}\n\n- Perhaps the same as [PRE-4](u): Spans are lost"
    asked: list[Any] = []

    async def ask(request: Request) -> Response:
        asked.append(request.inputs["issue"])
        return Response(value={"same": False, "certainty": 1.0}, model="claude-x")

    ours = attrs.evolve(issue(1, title), description=named)
    await resolve(HANG, [Candidate(ours, 0.9)], ask)
    assert [{"title": title, "text": "prela tail hangs, and that for ever"}] == asked


@pytest.mark.anyio
async def test_where_a_model_declines_its_stand_in_names_alone() -> None:
    async def ask(request: Request) -> Response:
        judge = "rules" if request.inputs["issue"]["title"] == "issue 2" else "claude-x"
        return Response(value={"same": judge == "rules", "certainty": 1.0}, model=judge)

    found = await resolve(HANG, NEAR, ask)
    assert (None, ["2"]) == (found.same, [each.id for each in found.perhaps])


LONG = "word " * 500


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("text", "other", "one"),
    [
        ("prela tail hangs.\n\nSee https://a.example/log, it is there.", None, True),
        ("prela tail hangs, it is there", "PRELA  tail\nhangs, it is there", True),
        ("prela tail hangs, it is there", "prela tail hangs, it is not there", False),
        ("prela tail hangs, x", None, False),  # too few words to be certain of
        (LONG, None, True),
    ],
)
async def test_the_same_words_are_attached_whoever_judges(
    text: str,
    other: str | None,
    one: bool,  # noqa: FBT001
) -> None:
    told = mention(other or text, title="Tail hangs")
    title, description = written_up(told)
    ours = attrs.evolve(issue(1, title), description=f"{description}\n\n- Perhaps …")
    by_hand = attrs.evolve(issue(2, title), description=told.item.text)
    for kept in (ours, by_hand):
        report = (written_up(mention(text, title="Tail hangs"))[0], text)
        found = await resolve(report, [Candidate(kept, 0.9)], answering("rules"))
        assert one == (found.same == kept)


@pytest.mark.anyio
async def test_a_quote_among_other_words_is_no_copy() -> None:
    text = "prela tail hangs, and it does not come back by itself"
    theirs = attrs.evolve(issue(1, "Tail hangs"), description=f"Unlike this one:\n\n> {text}")
    report = ("Tail hangs", text)
    assert (await resolve(report, [Candidate(theirs, 0.9)], answering("rules"))).same is None
