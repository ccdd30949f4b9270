"""Radar from gauges to a report: numbers come from the data, and missing is not zero."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from tests.prela_agents.making import item
from tests.prela_agents.remembering import Remembered
from tests.prela_agents.standing_clock import StandingClock
from tests.prela_agents.standing_world import Counter, Shelf, parts

from prela_agents.model import (
    ItemKind,
    Mention,
    Metric,
    Outcome,
    Platform,
    Product,
    Profile,
    Report,
    RunState,
    Snapshot,
)
from prela_agents.radar import Radar
from prela_agents.reports import as_html, as_markdown
from prela_agents.state import Database

pytestmark = pytest.mark.anyio

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
PROFILE = Profile(
    us=Product(name="Prela", repository="prela/prela", package="prela-core"),
    competitors=(Product(name="Rival", repository="r/r", package="rival"),),
)


def day(number: int) -> datetime:
    return MONDAY + timedelta(days=number)


def snapshot(product: str, metric: Metric, at: datetime, value: float | None) -> Snapshot:
    return Snapshot(
        product=product, metric=metric, at=at, value=value, url=f"https://count.test/{product}"
    )


def downloads(product: str, first: int, values: list[float | None]) -> list[Snapshot]:
    return [
        snapshot(product, Metric.DOWNLOADS, day(first + number), value)
        for number, value in enumerate(values)
    ]


@attrs.define
class Run:
    db: Database
    history: Remembered = attrs.field(factory=Remembered)
    clock: StandingClock = attrs.field(factory=lambda: StandingClock(day(7) + timedelta(hours=3)))
    gauges: list[Counter] = attrs.field(factory=list)
    sources: list[Shelf] = attrs.field(factory=list)

    async def once(self) -> Outcome:
        made = parts(
            self.db,
            "radar",
            self.clock,
            self.history,
            gauges=tuple(self.gauges),
            sources=tuple(self.sources),
        )
        return await Radar(PROFILE, made).run()

    def report(self, name: str = "radar-2026-W47") -> Report:
        return next(each for each in self.history.reports("radar") if each.id == name)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with Database(tmp_path / "state.sqlite") as db:
        yield Run(db)


def text(report: Report, heading: str) -> list[str]:
    return [
        sentence.text
        for section in report.sections
        if section.heading == heading
        for sentence in section.sentences
    ]


async def test_what_the_gauges_say_is_kept_and_told(run: Run) -> None:
    run.gauges = [
        Counter("pypi", downloads("Prela", -7, [100] * 7 + [110] * 7)),
        Counter("stars", [snapshot("Prela", Metric.STARS, run.clock.now(), 1250)]),
    ]
    run.history.add_snapshots([snapshot("Prela", Metric.STARS, day(-1), 1200)])
    run.history.add_snapshots([snapshot("Prela", Metric.STARS, day(6), 1240)])
    outcome = await run.once()
    assert RunState.COMPLETE == outcome.state
    assert {"snapshots": 15, "missing": 0, "reports": 2} == outcome.counts
    assert [
        "Prela got 770 downloads in 7 days, 10 % more than the 700 of as many days before."
    ] == text(run.report(), "Downloads a day")
    (said,) = text(run.report(), "Stars")
    assert (
        "Prela has 1,240 stars as of 22 November, 40 more than on 15 November "
        "(7 days before: 1,200)."
    ) == said


async def test_a_gauge_that_fails_fails_alone_and_counts_nothing(run: Run) -> None:
    run.gauges = [
        Counter("pypi", downloads("Prela", 0, [100] * 7)),
        Counter("github", broken=True),
    ]
    outcome = await run.once()
    assert RunState.PARTIAL == outcome.state
    assert ["github"] == [each.where for each in outcome.failures]
    assert [] == text(run.report(), "Stars")
    assert "0 stars" not in as_markdown(run.report())


async def test_missing_days_are_named_and_not_compared_by_their_sum(run: Run) -> None:
    values: list[float | None] = [100] * 7 + [120, None, 120, 120, None, 120, 120]
    run.gauges = [Counter("pypi", downloads("Prela", -7, values))]
    await run.once()
    (said,) = text(run.report(), "Downloads a day")
    assert (
        "Prela got 600 downloads in 5 days, 20 % more than the 500 of the same days of the week "
        "before."
    ) == said
    (missing,) = text(run.report(), "Missing")
    assert "17 November and 20 November" in missing


WEEKS = [
    pytest.param(
        [[700] * 5 + [70, None], [700] * 5 + [70, 70]],
        "Prela got 3,640 downloads in 7 days: 3,570 on the 6 days that are known of the week "
        "before as well, the same as the 3,570 then.",
        id="a Sunday is missing of the week before",
    ),
    pytest.param(
        [[700] * 5 + [70, 70], [700] * 5 + [70, None]],
        "Prela got 3,570 downloads in 6 days, the same as the 3,570 of the same days of the week "
        "before.",
        id="a Sunday is missing",
    ),
    pytest.param(
        [[700] * 5 + [70, None], [None] + [700] * 4 + [70, 70]],
        "Prela got 2,940 downloads in 6 days: 2,870 on the 5 days that are known of the week "
        "before as well, the same as the 2,870 then.",
        id="a Sunday of the one, a Monday of the other",
    ),
    pytest.param(
        [[None] * 6 + [70], [700] + [None] * 6],
        "Prela got 700 downloads in 1 day; the same days of the week before are not known.",
        id="no day of both",
    ),
]


@pytest.mark.parametrize(("values", "expected"), WEEKS)
async def test_missing_days_are_no_part_of_what_is_compared(
    run: Run, values: list[list[float | None]], expected: str
) -> None:
    run.gauges = [Counter("pypi", downloads("Prela", -7, [*values[0], *values[1]]))]
    await run.once()
    assert [expected] == text(run.report(), "Downloads a day")


async def test_a_week_that_goes_on_is_compared_with_the_same_days(run: Run) -> None:
    run.clock = StandingClock(day(2) + timedelta(hours=3))
    weekly: list[float | None] = [700] * 5 + [70, 70]
    run.gauges = [Counter("pypi", downloads("Prela", -7, [*weekly, 700, 700]))]
    await run.once()
    (said,) = text(run.report(), "Downloads a day")
    assert "1,400 downloads in 2 days, the same as the 1,400 of the same days" in said


async def test_the_last_day_of_a_week_is_missing_once_it_should_have_come(run: Run) -> None:
    run.gauges = [Counter("pypi", downloads("Prela", 0, [100] * 6 + [None]))]
    await run.once()
    assert [] == text(run.report(), "Missing")
    run.clock.advance(timedelta(days=2))
    await run.once()
    (missing,) = text(run.report(), "Missing")
    assert "on 22 November:" in missing


async def test_a_product_without_figures_is_left_out(run: Run) -> None:
    run.gauges = [Counter("pypi", downloads("Rival", 0, [None] * 3))]
    await run.once()
    assert [] == list(run.history.reports())


async def test_an_odd_day_is_told_with_the_release_before_it(run: Run) -> None:
    values: list[float | None] = [1000, 1010, 990, 1000, 1005, 300, 310] * 4
    values[-4] = 5000
    run.gauges = [Counter("pypi", downloads("Rival", -21, values))]
    released = item(
        "r/r@v2.0",
        platform=Platform.GITHUB,
        kind=ItemKind.RELEASE,
        where="r/r",
        created_at=day(2) + timedelta(hours=9),
        extra={"version": "v2.0"},
    )
    run.sources = [Shelf("github:releases/r/r", [released])]
    await run.once()
    (said,) = text(run.report(), "Out of the ordinary")
    assert (
        "Rival's downloads were 5,000 on 19 November, where 1,000 is the median of comparable "
        "days before; Rival released 2.0 on 18 November."
    ) == said
    (figure,) = [each for section in run.report().sections for each in section.figures]
    assert 'class="odd"' in figure.svg
    assert ">2.0<" in figure.svg


async def test_odd_days_in_a_row_are_told_once_and_not_with_what_came_after(run: Run) -> None:
    values: list[float | None] = [1000, 1010, 990, 1000, 1005, 300, 310] * 4
    values[-5], values[-4], values[-3] = 2000, 5000, 3000
    run.gauges = [Counter("pypi", downloads("Rival", -21, values))]
    released = item(
        "r/r@v2.0",
        platform=Platform.GITHUB,
        kind=ItemKind.RELEASE,
        where="r/r",
        created_at=day(4) + timedelta(hours=9),
        extra={"version": "v2.0"},
    )
    run.sources = [Shelf("github:releases/r/r", [released])]
    await run.once()
    (said,) = text(run.report(), "Out of the ordinary")
    assert "5,000 on 19 November" in said
    assert "(18 to 20 November 2026 are out of the ordinary)" in said
    assert "released" not in said


async def test_the_first_week_compares_with_its_first_day(run: Run) -> None:
    run.history.add_snapshots(
        [snapshot("Prela", Metric.STARS, day(each), 10 + each) for each in range(7)]
    )
    await run.once()
    assert [
        "Prela has 16 stars as of 22 November, 6 more than on 16 November (6 days before: 10)."
    ] == text(run.report(), "Stars")


async def test_mentions_are_counted_by_the_judge_that_runs(run: Run) -> None:
    def mention(number: int, product: str, judge: str = "rules", *, true: bool = True) -> Mention:
        said = item(f"m{product}{number}{judge}", created_at=day(number) + timedelta(hours=5))
        return Mention(item=said, product=product, relevant=true, relevance=1.0, judge=judge)

    run.history.add_mentions(
        [
            mention(0, "Prela"),
            mention(0, "Rival", "claude-x"),
            mention(2, "Rival"),
            mention(3, "Rival", true=False),
        ]
    )
    await run.once()
    assert [
        "Prela got 1 mention in 2 days; there is no week before to compare it with.",
        "Rival got 1 mention in 2 days; there is no week before to compare it with.",
    ] == text(run.report(), "Mentions a day")
    kept = run.history.snapshots(day(-9), day(9), "Prela", Metric.MENTIONS)
    assert [(day(0), 1), (day(2), 0)] == [(each.at, each.value) for each in kept]


async def test_every_number_in_the_report_is_in_the_data(run: Run) -> None:
    run.gauges = [
        Counter("a", downloads("Prela", -28, [100 + number for number in range(35)])),
        Counter(
            "b", [snapshot("Rival", Metric.STARS, day(each), 7000 + each) for each in range(7)]
        ),
    ]
    await run.once()
    for section in run.report().sections:
        for sentence in section.sentences:
            assert all(sentence.sources)
    values = {100 + number for number in range(35)} | {7000 + each for each in range(7)}
    sums = {sum(range(128, 135)), sum(range(121, 128))}
    percents = {round(100 * (917 - 868) / 868)}
    days = set(range(32)) | {2026}
    found = {
        int(each.replace(",", ""))
        for section in run.report().sections
        for sentence in section.sentences
        for each in re.findall(r"\d[\d,]*", sentence.text)
    }
    assert found <= values | sums | percents | days


async def test_a_second_run_changes_nothing(run: Run) -> None:
    run.gauges = [Counter("pypi", downloads("Prela", -7, [100] * 14))]
    await run.once()
    first = [as_html(each) for each in run.history.reports()]
    await run.once()
    assert first == [as_html(each) for each in run.history.reports()]
