from __future__ import annotations

import json
import logging
from collections.abc import Sequence

import attrs
import pytest
from tests.prela_agents.making import DRAFT, item, page
from tests.prela_agents.outbox.standins.places import Board, Place
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import NotSentError
from prela_agents.model import (
    Cursor,
    Item,
    Metric,
    Page,
    Passage,
    Platform,
    Request,
    Snapshot,
    Usage,
)
from prela_agents.models.scripted import Line, ScriptedModel
from prela_agents.outbox import POLICIES, IssueDesk, Outbox
from prela_agents.ports import Parts
from prela_agents.state import Database, Drafts, IssueLinks, Memory, Outgoing
from prela_agents.tracing import TracedPublisher, recorded, run_span, traced
from prela_core import Span, SpanType, Status
from prela_core.emit.memory_exporter import MemoryExporter
from prela_core.testing.factories import NOON

THEIR_WORDS = "How do I flush?"
PASSAGE = Passage(id="a#b", path="a", anchor="b", trail=("A",), text="t")


@attrs.define
class News:
    name: str = "reddit:new"
    platform: Platform = Platform.REDDIT
    broken: bool = False

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        if self.broken:
            raise NotSentError("reddit", "it is down")
        return page(item("a"), item("b"))


@attrs.define
class Stars:
    name: str = "github:stars"

    async def read(self) -> Sequence[Snapshot]:
        made = Snapshot(product="prela", metric=Metric.STARS, at=NOON, value=1.0)
        return [made, attrs.evolve(made, metric=Metric.FORKS, value=None)]


class Docs:
    def search(self, question: str, limit: int = 5) -> Sequence[Passage]:
        return [PASSAGE]

    def passage(self, passage_id: str) -> Passage | None:
        return PASSAGE

    def passages(self) -> Sequence[Passage]:
        return [PASSAGE]


class Nothing:
    """What no test here looks at."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return []


ASKED = Request(
    task="scout.relevance",
    instructions="Judge.",
    inputs={"text": THEIR_WORDS},
    schema={"type": "object"},
)


@pytest.fixture
def parts(db: Database, clock: StandingClock) -> Parts:
    usage = Usage(input_tokens=7, output_tokens=2, cost_usd=0.25)
    line = Line(task=ASKED.task, value={}, usage=usage)
    board = Board()
    return Parts(
        sources=(News(),),
        gauges=(Stars(),),
        model=ScriptedModel([line], name="claude-sonnet-5"),
        index=Docs(),
        embedder=Nothing(),
        tracker=board,
        desk=IssueDesk(IssueLinks(db, clock), board),
        state=Memory(db, "scout", clock),
        history=Nothing(),  # type: ignore[arg-type] - not asked
        clock=clock,
    )


async def all_steps(parts: Parts) -> None:
    found = await parts.sources[0].fetch(None)
    await parts.gauges[0].read()
    parts.index.search(THEIR_WORDS)
    await parts.model.generate(ASKED)
    assert parts.tracker is not None
    assert parts.desk is not None
    await parts.tracker.search("lost")
    await parts.desk.open(found.items[0], "Title", THEIR_WORDS)


@pytest.mark.anyio
async def test_a_run_is_one_trace_with_a_span_for_each_step(parts: Parts) -> None:
    kept = MemoryExporter()
    with recorded("prela-agents", kept), run_span("scout", "r1", live=False):
        await all_steps(traced(parts))
    (spans,) = kept.traces().values()
    named = {each.name: each for each in spans}
    root = named["run scout"]
    assert (SpanType.AGENT, None) == (root.span_type, root.parent_span_id)
    assert {"agent.name": "scout", "prela.agents.run_id": "r1", "prela.agents.live": False} == dict(
        root.attributes
    )
    assert {root.span_id} == {each.parent_span_id for each in spans if each is not root}
    expected = {
        "fetch reddit:new": (SpanType.TOOL, "prela.agents.items", 2),
        "read github:stars": (SpanType.TOOL, "prela.agents.missing", 1),
        "search docs": (SpanType.RETRIEVAL, "prela.agents.passages", ["a#b"]),
        "scout.relevance": (SpanType.LLM, "llm.cost_usd", 0.25),
        "tracker search": (SpanType.TOOL, "tool.name", "tracker.search"),
        "open issue": (SpanType.TOOL, "prela.agents.issue", "PRE-1"),
    }
    assert {"run scout", *expected} == named.keys()
    for name, (kind, key, value) in expected.items():
        assert (kind, value) == (named[name].span_type, named[name].attributes[key])
    assert "anthropic" == named["scout.relevance"].attributes["llm.vendor"]


@pytest.mark.anyio
async def test_no_words_of_people_are_in_it(parts: Parts) -> None:
    kept = MemoryExporter()
    with recorded("prela-agents", kept), run_span("scout", "r1", live=False):
        await all_steps(traced(parts))
    assert THEIR_WORDS not in json.dumps([attrs.asdict(each) for each in kept.spans], default=str)


@pytest.mark.anyio
async def test_what_is_published_names_its_draft(db: Database, clock: StandingClock) -> None:
    Memory(db, "scout", clock).queue(DRAFT)
    Drafts(db, clock, POLICIES).approve(DRAFT.id, DRAFT.content_hash, "grace")
    outgoing = Outgoing(db, clock)
    publisher = TracedPublisher(Place(Platform.DISCORD), outgoing)
    kept = MemoryExporter()
    with recorded("prela-agents", kept):
        await Outbox(outgoing, {Platform.DISCORD: publisher}, clock).send()
    (sent,) = kept.spans
    said = sent.attributes
    assert ("publish discord", DRAFT.id) == (sent.name, said["prela.agents.draft"])
    assert "https://place.test/1" == said["prela.agents.receipt"]


@pytest.mark.anyio
async def test_a_step_that_fails_is_seen(parts: Parts) -> None:
    kept = MemoryExporter()
    broken = attrs.evolve(parts, sources=(News(broken=True),))
    with recorded("prela-agents", kept), pytest.raises(NotSentError):
        await traced(broken).sources[0].fetch(None)
    assert Status.ERROR == kept.spans[0].status


def failing(_: Sequence[Span]) -> None:
    raise RuntimeError("the backend is on fire")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "exporter",
    [failing, "http://127.0.0.1:9", "no such exporter", "store:/dev/null/nowhere"],
)
async def test_a_backend_that_fails_fails_no_run(
    parts: Parts,
    exporter: object,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("prela_agents.tracing.recording._FLUSH_SECONDS", 0.2)
    caplog.set_level(logging.WARNING)
    with (
        recorded("prela-agents", exporter),  # type: ignore[arg-type] - one is wrong on purpose
        run_span("scout", "r1", live=False),
    ):
        await all_steps(traced(parts))
    assert "trace" in caplog.text
