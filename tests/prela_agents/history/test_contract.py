"""What every history keeps to: that in ClickHouse, and the stand-in that pipelines run with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from tests.fronts import database, server
from tests.prela_agents.making import item
from tests.prela_agents.remembering import Remembered
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.history import Connection, History
from prela_agents.model import (
    Aspect,
    Change,
    ChangeKind,
    Evidence,
    Figure,
    Intent,
    Mention,
    Metric,
    Report,
    Section,
    Sentence,
    Sentiment,
    Snapshot,
)
from prela_agents.ports import History as Port
from prela_core.io.clickhouse_opening import open_embedded, open_server
from prela_core.testing.factories import NOON

DAY = timedelta(days=1)
SINCE, UNTIL = NOON, NOON + 7 * DAY


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with closing(open_embedded(tmp_path_factory.mktemp("history") / "store", readers=1)) as store:
        yield store.connection


@pytest.fixture(scope="module")
def over_http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with (
        server(tmp_path_factory.mktemp("server")) as place,
        database(place) as there,
        closing(open_server(**there)) as store,
    ):
        yield store.connection


@pytest.fixture(params=["embedded", "over_http", "remembered"])
def history(request: pytest.FixtureRequest) -> Port:
    """One that is empty: a project of its own for each test, or a new stand-in."""
    if request.param == "remembered":
        return Remembered()
    connection: Connection = request.getfixturevalue(request.param)
    made = History(connection, StandingClock(), project_id=request.node.name)
    made.prepare()
    return made


def mention(id: str = "t3_1", product: str = "prela", **changes: object) -> Mention:  # noqa: A002
    made = Mention(
        item=item(id),
        product=product,
        relevant=True,
        relevance=0.9,
        intent=Intent.BUG,
        sentiment=Sentiment.NEGATIVE,
        aspects=(Aspect("storage", Sentiment.NEGATIVE, "loses spans"),),
    )
    return attrs.evolve(made, **changes)


def test_mentions_come_back_whole_and_by_time(history: Port) -> None:
    late = mention("b", item=item("b", created_at=NOON + DAY))
    history.add_mentions([late, mention("a"), mention("c", relevant=False)])
    history.add_mentions([mention("d", item=item("d", created_at=UNTIL))])
    assert [mention("a"), late] == history.mentions(SINCE, UNTIL)
    assert [] == history.mentions(SINCE, UNTIL, "rival")
    history.add_mentions([])


def test_adding_again_changes_nothing_and_a_new_judgement_replaces(history: Port) -> None:
    history.add_mentions([mention()])
    history.add_mentions([mention()])
    assert 1 == len(history.mentions(SINCE, UNTIL))
    history.add_mentions([mention(intent=Intent.PRAISE)])
    assert [Intent.PRAISE] == [each.intent for each in history.mentions(SINCE, UNTIL)]
    history.add_mentions([mention(judge="claude")])
    assert 2 == len(history.mentions(SINCE, UNTIL))
    history.add_mentions([mention(relevant=False)])
    assert ["claude"] == [each.judge for each in history.mentions(SINCE, UNTIL)]


def test_changes_come_back_with_their_evidence(history: Port) -> None:
    change = Change(
        product="rival",
        kind=ChangeKind.PRICING,
        summary="The free plan is gone.",
        at=NOON,
        evidence=(Evidence("https://rival.test/pricing", "from $9", NOON),),
    )
    history.add_changes([change, change, attrs.evolve(change, at=NOON + DAY, product="other")])
    assert [change] == history.changes(SINCE, UNTIL, "rival")
    assert 2 == len(history.changes(SINCE, UNTIL))


def test_missing_is_not_zero_and_replaces_no_value(history: Port) -> None:
    stars = Snapshot(product="prela", metric=Metric.STARS, at=NOON, value=7.0, url="https://g.test")
    missing = attrs.evolve(stars, value=None)
    history.add_snapshots([attrs.evolve(missing, at=NOON + DAY), stars])
    history.add_snapshots([missing])
    assert [7.0, None] == [
        each.value for each in history.snapshots(SINCE, UNTIL, "prela", Metric.STARS)
    ]
    history.add_snapshots([attrs.evolve(stars, at=NOON + DAY, value=0.0)])
    history.add_snapshots([attrs.evolve(stars, value=8.0)])
    found = history.snapshots(SINCE, UNTIL, "prela", Metric.STARS)
    assert [8.0, 0.0] == [each.value for each in found]
    assert attrs.evolve(stars, value=8.0) == found[0]
    assert [] == history.snapshots(SINCE, UNTIL, "prela", Metric.FORKS)


def test_moments_are_kept_to_the_microsecond(history: Port) -> None:
    at = NOON + timedelta(microseconds=1)
    history.add_snapshots([Snapshot(product="prela", metric=Metric.STARS, at=at, value=0.1)])
    (found,) = history.snapshots(at, at + timedelta(microseconds=1), "prela", Metric.STARS)
    assert (at, 0.1) == (found.at, found.value)
    assert [] == history.snapshots(NOON, at, "prela", Metric.STARS)


def report(id: str = "sentinel-2026-W48", **changes: object) -> Report:  # noqa: A002
    made = Report(
        id=id,
        agent="sentinel",
        title="The week",
        since=SINCE,
        until=UNTIL,
        sections=(
            Section(
                "Said",
                (
                    Sentence("Someone lost spans.", (item("t3_1").url, "https://b.test")),
                    Sentence("Stars grew to 8.", ("history:stars",)),
                ),
                (Figure("stars", "Stars by day", "<svg/>"),),
            ),
        ),
    )
    return attrs.evolve(made, **changes)


def test_reports_are_kept_by_their_id(history: Port) -> None:
    history.add_report(report(title="A draft of it"))
    history.add_report(report())
    history.add_report(report("radar-1", agent="radar", until=UNTIL + DAY))
    assert ["radar-1", "sentinel-2026-W48"] == [each.id for each in history.reports()]
    assert [report()] == history.reports("sentinel")


def test_hostile_values_are_values(history: Port, tmp_path: Path) -> None:
    hostile = "x' OR 1 = 1 -- \\' {project_id:String} \x00\n\t"
    history.add_mentions([mention(product=hostile), mention()])
    (found,) = history.mentions(SINCE, UNTIL, hostile)
    assert hostile == found.product
    history.purge([hostile])
    assert 2 == len(history.mentions(SINCE, UNTIL))


def test_of_one_key_in_one_go_the_last_counts_and_missing_never(history: Port) -> None:
    one = Snapshot(product="prela", metric=Metric.STARS, at=NOON, value=1.0)
    two, missing = attrs.evolve(one, value=2.0), attrs.evolve(one, value=None)
    history.add_snapshots([one, two, missing])
    assert [2.0] == [each.value for each in history.snapshots(SINCE, UNTIL, "prela", Metric.STARS)]
    history.add_mentions([mention(relevance=0.8), mention(relevance=0.7)])
    assert [0.7] == [each.relevance for each in history.mentions(SINCE, UNTIL)]


def test_what_was_taken_back_is_gone_from_reports_too(history: Port) -> None:
    history.add_mentions([mention("t3_1"), mention("t3_2")])
    history.add_report(report())
    history.purge(["reddit:t3_1"])
    assert ["t3_2"] == [each.item.id for each in history.mentions(SINCE, UNTIL)]
    (left,) = history.reports()
    assert ["Stars grew to 8."] == [each.text for each in left.sections[0].sentences]
