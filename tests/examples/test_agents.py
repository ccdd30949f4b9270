"""The weekly outputs under `examples/agents` are what the agents make of the fortnight."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from examples.agents.running import Fortnight, lived
from examples.agents.weekly import files
from examples.agents.write import WEEKLY

from prela_agents.model import RunState

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def fortnight() -> Fortnight:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return await lived()


@pytest.fixture(scope="module")
def made(fortnight: Fortnight) -> Mapping[str, str]:
    return files(fortnight)


async def test_they_are_made_anew_the_same(made: Mapping[str, str]) -> None:
    kept = {
        path.relative_to(WEEKLY).as_posix(): path.read_text("utf-8") for path in WEEKLY.rglob("*.*")
    }
    assert kept.keys() == made.keys()
    differing = [path for path in kept if kept[path] != made[path]]
    assert [] == differing, "python -m examples.agents.write"


async def test_the_runs_went_well_but_for_the_feed_that_broke(fortnight: Fortnight) -> None:
    failed = {
        (day, agent, failure.where.partition(":")[0])
        for (day, agent), outcome in fortnight.outcomes.items()
        for failure in outcome.failures
    }
    assert {
        (day, agent, "feed") for day in (12, 13, 14) for agent in ("radar", "sentinel")
    } == failed
    states = {outcome.state for outcome in fortnight.outcomes.values()}
    assert {RunState.COMPLETE, RunState.PARTIAL} == states


async def test_a_report_of_a_bug_that_is_filed_names_its_issue(fortnight: Fortnight) -> None:
    # No model says that they are one.
    assert [1, 1, 1] == [len(each.attachments) for each in fortnight.issues]
    assert [False, True, False] == [
        "Perhaps the same as [PRE-1]" in each.description for each in fortnight.issues
    ]


async def test_every_sentence_has_its_source(fortnight: Fortnight) -> None:
    sentences = [
        sentence
        for report in fortnight.reports
        for section in report.sections
        for sentence in section.sentences
    ]
    assert 50 < len(sentences)
    assert all(sentence.sources for sentence in sentences)


async def test_nobody_is_led_away(made: Mapping[str, str]) -> None:
    for path, text in made.items():
        if path.endswith("amplifier.md"):
            assert "evil.example" not in text
        assert 'href="https://evil.example' not in text


async def test_plots_are_whole(made: Mapping[str, str]) -> None:
    plots = [text for path, text in made.items() if path.endswith(".svg")]
    assert 20 < len(plots)
    for plot in plots:
        ET.fromstring(plot)  # noqa: S314 - our own


def test_the_readme_leads_to_them() -> None:
    text = (WEEKLY.parent / "README.md").read_text("utf-8")
    for path in sorted(WEEKLY.glob("*/*.md")):
        assert f"({path.relative_to(WEEKLY.parent).as_posix()})" in text, path
    assert Path(WEEKLY, "2026-W48", "radar.html").is_file()
