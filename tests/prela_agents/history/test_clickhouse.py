from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.prela_agents.history.test_contract import SINCE, UNTIL, mention, report
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.history import History
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_store import ClickHouseStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = open_embedded(tmp_path_factory.mktemp("history") / "store", readers=1)
    yield opened
    opened.close()


@pytest.fixture
def history(store: ClickHouseStore, request: pytest.FixtureRequest) -> History:
    """A project of its own for each test."""
    made = History(store.connection, StandingClock(), project_id=request.node.name)
    made.prepare()
    return made


def test_purging_leaves_nothing_of_what_was_said(
    history: History, store: ClickHouseStore, request: pytest.FixtureRequest
) -> None:
    history.add_mentions([mention("t3_1"), mention("t3_1", judge="claude"), mention("t3_2")])
    history.add_report(report())
    history.add_report(report(title="Again"))
    history.purge(["reddit:t3_1"])
    history.purge([])
    assert ["t3_2"] == [each.item.id for each in history.mentions(SINCE, UNTIL)]
    (left,) = history.reports()
    assert ["Stars grew to 8."] == [each.text for each in left.sections[0].sentences]
    with store.connection() as client:
        for table in ("agent_mentions", "agent_reports"):
            bodies = client.query(
                f"SELECT body FROM {table} WHERE project_id = {{project:String}}",  # noqa: S608
                parameters={"project": request.node.name},
            ).result_rows
            assert 1 == len(bodies)
            assert "Someone lost" not in bodies[0][0]


def test_projects_do_not_see_each_other(history: History, store: ClickHouseStore) -> None:
    history.add_mentions([mention()])
    history.add_report(report())
    other = History(store.connection, StandingClock(), project_id="another")
    other.purge(["reddit:t3_1"])
    assert ([], []) == (other.mentions(SINCE, UNTIL), other.reports())
    assert (1, 1) == (len(history.mentions(SINCE, UNTIL)), len(history.reports()))


def test_as_many_items_as_there_are_can_be_purged(history: History) -> None:
    history.add_mentions([mention("t3_9"), mention("t3_10")])
    history.purge([f"reddit:t3_{n}" for n in range(10, 20_000)])
    assert ["t3_9"] == [each.item.id for each in history.mentions(SINCE, UNTIL)]
