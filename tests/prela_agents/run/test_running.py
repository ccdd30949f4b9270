from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import attrs
import pytest
from tests.prela_agents.making import draft, item, page
from tests.prela_agents.outbox.standins.places import Board, Place
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import NotSentError
from prela_agents.model import (
    DraftState,
    Failure,
    Outcome,
    Platform,
    Post,
    Profile,
    Receipt,
    Request,
    RunState,
)
from prela_agents.ports import Parts
from prela_agents.run import running, workshop
from prela_agents.run.judges import claude_of
from prela_agents.run.places import Places
from prela_agents.run.repeating import repeated
from prela_agents.run.running import EXIT_CODES, run_once
from prela_agents.run.schedule import Every
from prela_agents.run.settings import Secrets, Settings
from prela_agents.run.standing import standing
from prela_agents.state import BusyError, Database, Drafts, EntryState, Lease, Outgoing, Runs
from prela_core import Span, span
from prela_core.emit.memory_exporter import MemoryExporter
from prela_core.errors import SettingsError

pytestmark = pytest.mark.anyio

Does = Callable[[Parts], Any]


@attrs.define
class Stage:
    """An agent that does what a test says, over a history that nobody asks."""

    settings: Settings
    clock: StandingClock
    kept: MemoryExporter
    place: Place
    board: Board
    does: Does | None = None

    async def run(self, *, live: bool = False, signals: bool = False) -> running.Finished:
        return await run_once(self.settings, "scout", self.clock, live=live, signals=signals)

    @property
    def db(self) -> Database:
        return Database(self.settings.directory / "state.sqlite")


@pytest.fixture
def stage(tmp_path: Path, clock: StandingClock, monkeypatch: pytest.MonkeyPatch) -> Stage:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# Flushing\nCall flush().")
    kept = MemoryExporter()
    settings = Settings(directory=tmp_path / "agents", docs=docs, exporter=kept)  # type: ignore[arg-type] - any exporter will do
    made = Stage(settings, clock, kept, Place(Platform.DISCORD), Board())

    class Scout:
        def __init__(self, profile: Profile, parts: Parts) -> None:
            self._parts = parts

        async def run(self) -> Outcome:
            assert made.does is not None
            outcome = await made.does(self._parts)
            assert isinstance(outcome, Outcome)
            return outcome

    @contextmanager
    def no_history(*_: object, **__: object) -> Iterator[None]:
        yield None

    rules = {"greet": lambda inputs: {"text": inputs["name"]}}
    monkeypatch.setattr(workshop, "room", lambda _: SimpleNamespace(Scout=Scout, RULES=rules))
    monkeypatch.setattr(workshop, "opened_history", no_history)
    monkeypatch.setattr(Places, "publishers", lambda _: {Platform.DISCORD: made.place})
    monkeypatch.setattr(Places, "tracker", lambda _: made.board)
    return made


GREET = Request(task="greet", instructions="Greet.", inputs={"name": "ada"}, schema={})


async def drafts_one(parts: Parts) -> Outcome:
    answer = await parts.model.generate(GREET)
    parts.state.queue(draft(parts=(answer.value["text"],)))
    assert parts.desk is not None
    issue = await parts.desk.open(item(), "Spans are lost", "d")
    return Outcome(counts={"drafts": 1, "issues": int(issue is not None)}, succeeded=1)


async def test_what_waits_for_a_login_is_counted_and_makes_no_run_partial(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.does = drafts_one
    await stage.run()
    with stage.db as db:
        drafts = Drafts(db, stage.clock)
        (found,) = drafts.list()
        drafts.approve(found.draft.id, found.draft.content_hash, "grace")
    monkeypatch.setattr(Places, "publishers", lambda _: {})
    for _ in range(2):
        outcome = (await stage.run(live=True)).outcome
        assert (RunState.COMPLETE, ()) == (outcome.state, outcome.failures)
        assert 1 == outcome.counts["waiting"]
    with stage.db as db:
        assert {"Discord: set DISCORD_BOT_TOKEN": 1} == standing(
            stage.settings, db, stage.clock
        ).waiting


async def test_a_run_that_has_nothing_to_read_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stage.does = drafts_one
    await stage.run()
    assert "to read" not in caplog.text
    monkeypatch.setattr(workshop, "SOURCES", {"scout": lambda *_: []})
    await stage.run()
    assert "no platform or page is set for scout to read: prela-agents.toml" in caplog.text


async def test_a_run_is_written_down_and_traced(stage: Stage) -> None:
    stage.does = drafts_one
    finished = await stage.run()
    assert RunState.COMPLETE == finished.outcome.state
    with stage.db as db:
        (run,) = Runs(db, stage.clock).list()
    assert (finished.run_id, RunState.COMPLETE, False) == (run.id, run.state, run.live)
    assert finished.trace_id == run.trace_id
    (spans,) = stage.kept.traces().values()
    root = _root(spans)
    assert root.trace_id == finished.trace_id
    assert ["d" * 32] == root.attributes["prela.agents.drafts"]
    assert 1 == root.attributes["prela.agents.count.drafts"]
    assert {"run scout", "greet", "open issue"} == {each.name for each in spans}


def _root(spans: list[Span]) -> Span:
    return next(each for each in spans if each.parent_span_id is None)


async def test_a_dry_run_sends_and_files_nothing(stage: Stage) -> None:
    stage.does = drafts_one
    await stage.run()
    with stage.db as db:
        kept = Drafts(db, stage.clock)
        kept.approve("d" * 32, kept.list()[0].draft.content_hash, "grace")
    finished = await stage.run()
    assert 0 == finished.outcome.counts["issues"]
    assert ([], []) == (stage.place.posts, stage.board.made)


async def test_a_live_run_sends_what_is_approved_and_files_what_was_planned(stage: Stage) -> None:
    stage.does = drafts_one
    await stage.run()
    first = await stage.run(live=True)
    assert [] == stage.place.posts
    assert ["Spans are lost"] == [each.title for each in stage.board.made]
    assert "sent" not in first.outcome.counts
    with stage.db as db:
        kept = Drafts(db, stage.clock)
        kept.approve("d" * 32, kept.list()[0].draft.content_hash, "grace")
    second = await stage.run(live=True)
    assert 1 == second.outcome.counts["sent"]
    assert ["ada"] == [post.text for _, post in stage.place.posts]
    assert 1 == len(stage.board.made)
    with stage.db as db:
        assert DraftState.SENT == Drafts(db, stage.clock).list()[0].state
    publishing = [each for each in stage.kept.spans if each.name == "publish discord"]
    assert ["d" * 32] == [each.attributes["prela.agents.draft"] for each in publishing]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (NotSentError("reddit", "it is down"), "reddit: it is down"),
        (RuntimeError("a fault of ours"), "RuntimeError: a fault of ours"),
    ],
)
async def test_an_agent_that_breaks_is_a_failed_run(
    stage: Stage, error: Exception, why: str
) -> None:
    async def breaks(parts: Parts) -> Outcome:
        raise error

    stage.does = breaks
    finished = await stage.run()
    assert (RunState.FAILED, (Failure("scout", why),)) == (
        finished.outcome.state,
        finished.outcome.failures,
    )
    assert 1 == EXIT_CODES[finished.outcome.state]
    with stage.db as db:
        assert [RunState.FAILED] == [each.state for each in Runs(db, stage.clock).list()]
    assert why in (_root(stage.kept.spans).status_message or "")


async def test_what_partly_went_well_is_partial(stage: Stage) -> None:
    async def half(parts: Parts) -> Outcome:
        return Outcome(succeeded=1, failures=(Failure("x", "down"),))

    stage.does = half
    assert 4 == EXIT_CODES[(await stage.run()).outcome.state]


async def test_one_process_runs_an_agent(stage: Stage) -> None:
    stage.does = drafts_one
    with (
        stage.db as db,
        Lease(stage.settings.directory, "scout", db, stage.clock),
        pytest.raises(BusyError),
    ):
        await stage.run()
    assert RunState.COMPLETE == (await stage.run()).outcome.state


async def test_while_another_process_sends_this_one_does_not(stage: Stage) -> None:
    stage.does = drafts_one
    with stage.db as db, Lease(stage.settings.directory, "outbox", db, stage.clock):
        finished = await stage.run(live=True)
    assert ["outbox"] == [each.where for each in finished.outcome.failures]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_run_that_a_signal_ends_is_written_down_and_traced(
    stage: Stage, number: signal.Signals
) -> None:
    async def broken_off(parts: Parts) -> Outcome:
        parts.state.take("reddit:new", page(item("a"), item("b")))
        parts.state.queue(draft())
        with anyio.fail_after(20), span("a step"):
            os.kill(os.getpid(), number)
            await anyio.sleep_forever()
        raise AssertionError("it went on")

    stage.does = broken_off
    finished = await stage.run(signals=True)
    outcome = finished.outcome
    assert (RunState.PARTIAL, {"items": 2, "drafts": 1}) == (outcome.state, outcome.counts)
    (failure,) = outcome.failures
    assert "broke it off" in failure.why
    with stage.db as db:
        (run,) = Runs(db, stage.clock).list()
        assert (RunState.PARTIAL, outcome) == (run.state, run.outcome)
        assert stage.clock.now() == run.ended_at
        assert Lease.holder("scout", db) is None
    (spans,) = stage.kept.traces().values()
    assert {"run scout", "a step"} == {each.name for each in spans}
    assert "partial" == _root(spans).attributes["prela.agents.state"]
    assert ["d" * 32] == _root(spans).attributes["prela.agents.drafts"]
    stage.does = drafts_one
    assert RunState.COMPLETE == (await stage.run()).outcome.state


async def test_a_second_signal_leaves_a_run_of_a_schedule_written_down(stage: Stage) -> None:
    async def broken_off(parts: Parts) -> Outcome:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
            await anyio.sleep(0.01)
        await anyio.sleep_forever()
        raise AssertionError("it went on")

    async def work() -> None:
        await stage.run()

    stage.does = broken_off
    with anyio.fail_after(20):
        await repeated(work, Every(timedelta(hours=1)), stage.clock)
    with stage.db as db:
        assert [RunState.PARTIAL] == [each.state for each in Runs(db, stage.clock).list()]
    assert ["run scout"] == [each.name for each in stage.kept.spans]


async def test_a_signal_while_something_is_sent_leaves_it_unknown(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Place):
        async def publish(self, post: Post, key: str) -> Receipt:
            await Place.publish(self, post, key)
            os.kill(os.getpid(), signal.SIGTERM)
            with anyio.fail_after(20):
                await anyio.sleep_forever()
            raise AssertionError("it went on")

    stage.does = drafts_one
    await stage.run()
    with stage.db as db:
        kept = Drafts(db, stage.clock)
        kept.approve("d" * 32, kept.list()[0].draft.content_hash, "grace")
    slow = Slow(Platform.DISCORD)
    monkeypatch.setattr(Places, "publishers", lambda _: {Platform.DISCORD: slow})
    assert RunState.PARTIAL is (await stage.run(live=True, signals=True)).outcome.state
    with stage.db as db:
        assert [EntryState.UNKNOWN] == [each.state for each in Outgoing(db, stage.clock).list()]
        assert Lease.holder("outbox", db) is None
    assert 1 == (await stage.run(live=True)).outcome.counts["sent"]
    assert 1 == len(slow.posts)


async def test_a_fault_while_sending_is_no_signal(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(running, "send", breaks)
    stage.does = drafts_one
    with pytest.raises(RuntimeError, match="a fault of ours"):
        await stage.run(live=True, signals=True)
    with stage.db as db:
        (run,) = Runs(db, stage.clock).list()
    assert RunState.FAILED == run.state


async def test_a_disk_that_is_full_in_the_middle_is_said_without_a_traceback(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async def fills(parts: Parts) -> Outcome:
        db = parts.state._db  # type: ignore[attr-defined]
        db.rows(f"PRAGMA max_page_count = {db.rows('PRAGMA page_count')[0][0]}")
        parts.state.take("s", page(*(item(f"t{n}", text="x" * 10_000) for n in range(50))))
        raise AssertionError("it went on")

    stage.does = fills
    finished = await stage.run()
    (failure,) = finished.outcome.failures
    assert "disk is full" in failure.why
    assert "" == caplog.text


async def test_a_run_that_its_process_did_not_survive_is_ended_by_the_next(stage: Stage) -> None:
    with stage.db as db:
        for each in ("scout", "radar"):
            Runs(db, stage.clock).start(each, each, live=False, trace_id=None)
    stage.does = drafts_one
    await stage.run()
    with stage.db as db:
        runs = {each.id: each for each in Runs(db, stage.clock).list()}
    assert (RunState.PARTIAL, None) == (runs["scout"].state, runs["radar"].state)
    outcome = runs["scout"].outcome
    assert outcome is not None
    assert ["scout"] == [each.where for each in outcome.failures]


@pytest.mark.parametrize("model", ["claude-sonnet-5", "gpt-9"])
async def test_a_model_that_can_not_be_asked_is_said(stage: Stage, model: str) -> None:
    stage.does = drafts_one
    stage.settings = attrs.evolve(stage.settings, model=model)
    with pytest.raises(SettingsError, match=model):
        await stage.run()
    with stage.db as db:
        assert [] == Runs(db, stage.clock).list()


async def test_claude_is_asked_where_there_is_a_key(stage: Stage) -> None:
    key = Secrets(anthropic_api_key="sk-ant-of-ours")
    settings = attrs.evolve(stage.settings, model="claude-sonnet-5", secrets=key)
    with stage.db as db:
        async with claude_of(settings, stage.clock, db) as claude:
            assert "claude-sonnet-5" == claude.name


def test_there_are_four_agents() -> None:
    with pytest.raises(SettingsError, match="scout, sentinel"):
        workshop.room("spy")
