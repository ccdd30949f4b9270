from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
import pytest
from click.testing import CliRunner, Result
from tests.prela_agents.making import DRAFT, claim, draft, item, page
from tests.prela_agents.outbox.standins.places import Place
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import UncertainError
from prela_agents.model import (
    DraftKind,
    Failure,
    Issue,
    Outcome,
    Platform,
    Receipt,
    Report,
    Section,
    Sentence,
)
from prela_agents.outbox import DryDesk
from prela_agents.run import running, workshop
from prela_agents.run.places import Places
from prela_agents.run.running import Finished
from prela_agents.run.settings import Settings
from prela_agents.state import Database, IssueLinks, Memory, Outgoing, Runs
from prela_cli.agents.completing import complete_drafts
from prela_cli.main import prela
from prela_core.testing.factories import NOON

Run = Callable[..., Result]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("PRELA_URL", "PRELA_EXPORTER", "PRELA_AGENTS_CONFIG", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PRELA_AGENTS_DIR", str(tmp_path / "agents"))
    return tmp_path / "agents"


@pytest.fixture
def db(directory: Path) -> Iterator[Database]:
    with Database(directory / "state.sqlite") as opened:
        yield opened


@pytest.fixture
def run(directory: Path) -> Run:
    def invoke(*words: str, **options: Any) -> Result:
        with patch.dict(os.environ):  # an --env-file sets variables
            return CliRunner().invoke(prela, ["agents", *words], **options)

    return invoke


@pytest.fixture
def queued(db: Database, clock: StandingClock) -> Memory:
    memory = Memory(db, "scout", clock)
    memory.queue(DRAFT)
    memory.queue(
        draft(
            "e" * 32,
            about="release:1",
            platform=Platform.HACKERNEWS,
            kind=DraftKind.FACT_SHEET,
            title="Facts [bold]",
            parts=("Write this yourself.",),
        )
    )
    return memory


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


def test_a_disk_that_is_full_at_the_start_is_no_wrong_setting(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def without_room(*words: Any, **options: Any) -> sqlite3.Connection:
        found = connect(*words, **options)
        found.execute("PRAGMA max_page_count = 1")
        return found

    monkeypatch.setattr("sqlite3.connect", without_room)
    ended = run("run", "scout", "--dir", str(tmp_path / "new"))
    assert 1 == ended.exit_code
    assert ended.stderr.startswith("prela: the agents' state at ")
    assert ended.stderr.endswith("state.sqlite can't be opened now: its disk is full\n")


def test_a_directory_that_can_not_be_made_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = run("status", "--dir", str(tmp_path / "file" / "agents"))
    assert 2 == ended.exit_code
    assert ended.stderr.endswith("state.sqlite can't be opened: Not a directory\n")


@pytest.mark.usefixtures("queued")
def test_a_draft_keeps_some_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run("drafts", "show", DRAFT.id, "--json").stdout
    for text in ("", " \n"):
        ended = run("drafts", "edit", DRAFT.id, "--text", text)
        assert (2, True) == (ended.exit_code, "can't be without words" in ended.stderr)
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.setattr("click.edit", lambda *_, **__: "\n")
    assert 2 == run("drafts", "edit", DRAFT.id).exit_code
    assert before == run("drafts", "show", DRAFT.id, "--json").stdout


def test_drafts_of_an_agent_that_there_is_none_of_are_no_empty_list(run: Run) -> None:
    ended = run("drafts", "list", "--agent", "spy")
    assert (2, True) == (ended.exit_code, "'spy' is not one of" in ended.stderr)


@pytest.mark.usefixtures("queued")
def test_drafts_are_listed_and_shown(run: Run) -> None:
    listed = run("drafts", "list")
    assert 0 == listed.exit_code
    assert listed.output.index("eeeeeeee") < listed.output.index("dddddddd")
    assert "Facts [bold]" in listed.output
    as_json = json.loads(run("drafts", "list", "--platform", "discord", "--json").output)
    assert [(DRAFT.id, "queued", DRAFT.content_hash)] == [
        (each["id"], each["state"], each["content_hash"]) for each in as_json
    ]
    shown = run("drafts", "show", "dddd").output
    assert "Call flush()." in shown
    assert "ada asks how to flush" in shown
    assert DRAFT.content_hash in shown
    assert "No drafts." in run("drafts", "list", "--state", "sent").output


@pytest.mark.usefixtures("queued")
def test_a_draft_is_approved_by_its_hash_or_by_saying_yes(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsaid = run("drafts", "approve", "dddd")
    assert (2, True) == (unsaid.exit_code, "--hash" in unsaid.output)
    wrong = run("drafts", "approve", "dddd", "--hash", "0" * 64)
    assert (1, True) == (wrong.exit_code, "changed since" in wrong.output)
    monkeypatch.setenv("DISCORD_BOT_TOKEN", "discord-token-1234")
    right = run("drafts", "approve", "dddd", "--hash", DRAFT.content_hash, "--by", "grace")
    assert (0, True) == (right.exit_code, "The next live run" in right.output)
    assert "by grace" in run("drafts", "show", "dddd").output
    assert "waits" not in run("drafts", "list").output
    sheet = run("drafts", "approve", "eeee", "--yes")
    assert "It stays here." in sheet.output


@pytest.mark.usefixtures("queued")
def test_what_is_approved_and_lacks_a_login_says_so_wherever_it_is_shown(run: Run) -> None:
    said = "waits for a login (Discord: set DISCORD_BOT_TOKEN)"
    assert said in run("drafts", "approve", "dddd", "--yes").output
    shown = " ".join(run("drafts", "show", "dddd").output.split())
    assert f"approved, {said}" in shown
    assert "approved, waits for a login (Discord)" in run("drafts", "list").output
    assert f"1 approved, {said}" in " ".join(run("status").output.split())
    listed = json.loads(run("drafts", "list", "--json").output)
    assert [None, "Discord: set DISCORD_BOT_TOKEN"] == [each["waits_for"] for each in listed]
    # Who asks for just that is told that it was not done.
    sent = run("outbox", "--live")
    assert (1, True) == (sent.exit_code, "is not set up to publish" in sent.output)


@pytest.mark.usefixtures("queued")
def test_editing_voids_an_approval(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("drafts", "approve", "dddd", "--yes")
    said = run("drafts", "edit", "dddd", "--text", "Call prela.flush().").output
    assert "Draft dddddddd is queued. Its approval is void.\n" == said
    assert "Nothing is on its way out." in run("outbox").output
    monkeypatch.setenv("EDITOR", "ed")
    monkeypatch.setattr("click.edit", lambda text, **_: text.replace("prela.", "the "))
    assert "Draft dddddddd is queued.\n" == run("drafts", "edit", "dddd").output
    assert "Call the flush()." in run("drafts", "show", "dddd").output
    monkeypatch.setattr("click.edit", lambda *_, **__: None)
    assert "Nothing was changed." in run("drafts", "edit", "dddd").output


def test_a_rule_across_a_page_parts_no_document(
    run: Run, db: Database, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "ed")
    monkeypatch.setattr("click.edit", lambda text, **_: f"{text}\n---\nmore\n")
    parts = {}
    for kind in (DraftKind.DOCUMENT, DraftKind.THREAD):
        made = draft(str(kind)[0] * 32, kind=kind, about=kind, parts=("one",))
        Memory(db, "amplifier", clock).queue(made)
        run("drafts", "edit", made.id)
        parts[kind] = json.loads(run("drafts", "show", made.id, "--json").stdout)["parts"]
    assert ["one\n---\nmore"] == parts[DraftKind.DOCUMENT]
    assert ["one", "more"] == parts[DraftKind.THREAD]


@pytest.mark.usefixtures("queued")
def test_no_editor_is_opened_where_nobody_sits(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EDITOR", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    refused = run("drafts", "edit", "dddd")
    assert (2, True) == (refused.exit_code, "--text" in refused.output)


@pytest.mark.usefixtures("queued")
def test_what_was_sent_long_ago_is_shown_when_asked_for(
    run: Run, db: Database, clock: StandingClock
) -> None:
    run("drafts", "approve", "dddd", "--yes")
    outgoing = Outgoing(db, clock)  # whose time is months ago
    outgoing.claim(DRAFT.key(0))
    outgoing.sent(DRAFT.key(0), Receipt("1", "https://place.test/1"))
    assert "Nothing is on its way out." in run("outbox").output
    assert "by --all: 1" in run("outbox").output
    assert "https://place.test/1" in run("outbox", "--all").output
    assert 1 == len(json.loads(run("outbox", "--json").output)["posts"])


@pytest.mark.usefixtures("queued")
def test_a_draft_is_rejected(run: Run) -> None:
    assert "rejected" in run("drafts", "reject", "dddd", "--reason", "by hand").output
    assert "rejected: by hand" in run("drafts", "show", "dddd").output


@pytest.mark.usefixtures("queued")
def test_a_user_without_a_name_approves_as_a_number(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", nobody)
    approved = run("drafts", "approve", "dddd", "--yes")
    assert 0 == approved.exit_code, approved.output
    by = json.loads(run("drafts", "show", "dddd", "--json").stdout)["approval"]["by"]
    assert f"user {os.getuid()}" == by


@pytest.mark.parametrize("words", [["show"], ["edit", "--text", "x"], ["approve"], ["reject"]])
def test_a_draft_that_is_not_there_is_said(run: Run, words: list[str]) -> None:
    missing = run("drafts", words[0], "ffff", *words[1:])
    assert (3, True) == (missing.exit_code, "there is no draft ffff" in missing.output)


@pytest.mark.usefixtures("queued")
def test_the_outbox_is_shown_sent_and_reconciled(
    run: Run, db: Database, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(Platform.DISCORD)
    monkeypatch.setattr(Places, "publishers", lambda _: {Platform.DISCORD: place})
    Memory(db, "scout", clock).take("s", page(item("a")))

    def broken() -> None:
        raise UncertainError("discord", "it broke")

    place.after = broken
    run("drafts", "approve", "dddd", "--yes")
    assert "approved" in run("outbox").output
    sent = run("outbox", "--live")
    assert (1, True) == (sent.exit_code, "prela: discord: it broke" in sent.output)
    assert "unknown" in run("outbox").output
    assert 0 == run("outbox", "--reconcile").exit_code
    document = json.loads(run("outbox", "--json").output)
    assert [("sent", "https://place.test/1")] == [
        (each["state"], each["url"]) for each in document["posts"]
    ]
    assert 1 == len(place.posts)


@pytest.mark.usefixtures("queued")
def test_people_may_say_what_became_of_an_unknown_post(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise UncertainError("discord", "it broke")

    place = Place(Platform.DISCORD, before=broken, readable=lambda: False)
    monkeypatch.setattr(Places, "publishers", lambda _: {Platform.DISCORD: place})
    run("drafts", "approve", "dddd", "--yes")
    run("outbox", "--live")
    key = DRAFT.key(0)
    assert 2 == run("outbox", "--sent", key, "there").exit_code
    assert key in run("outbox").output
    assert 3 == run("outbox", "--not-sent", "0" * 24).exit_code
    assert "approved" in run("outbox", "--not-sent", key).output
    assert 3 == run("outbox", "--not-sent", key).exit_code
    run("outbox", "--live")
    assert "https://d.test/9" in run("outbox", "--sent", key, "https://d.test/9").output
    assert "sent" in run("drafts", "list", "--platform", "discord").output


@pytest.mark.usefixtures("queued")
def test_ids_of_drafts_are_completed() -> None:
    param = click.Argument(["draft_id"])
    with click.Context(prela) as context:
        assert ["eeeeeeee", "dddddddd"] == [
            each.value for each in complete_drafts(context, param, "")
        ]
        assert ["dddddddd"] == [each.value for each in complete_drafts(context, param, "dd")]


def test_where_there_is_no_state_nothing_is_completed(directory: Path) -> None:
    with click.Context(prela) as context:
        assert [] == complete_drafts(context, click.Argument(["draft_id"]), "")
    assert not directory.exists()


def test_a_key_that_no_item_has_is_said(run: Run, db: Database, clock: StandingClock) -> None:
    Memory(db, "scout", clock).take("reddit:new", page(item("t3_1")))
    done = run("purge", "reddit:t3_1", "reddit:t3_2")
    assert 4 == done.exit_code
    assert "Looked at 1 item and forgot 1." in done.stdout
    assert "no item has the key reddit:t3_2" in done.stderr
    again = run("purge", "reddit:t3_1")
    assert (0, "Looked at 1 item and forgot 0.\n") == (again.exit_code, again.stdout)
    assert 1 == run("purge", "t3_1").exit_code


@pytest.mark.anyio
async def test_planned_issues_are_in_the_outbox(
    run: Run, db: Database, clock: StandingClock
) -> None:
    desk = DryDesk(IssueLinks(db, clock))
    await desk.open(item("a"), "Spans are lost", "d")
    kept = Issue(id="7", number="PRE-7", title="Lost", description="d", url="https://t.test/7")
    await desk.open(item("b"), "Spans are gone", "d", (), [kept, *desk.planned()])
    shown = " ".join(run("outbox").output.split())
    assert "Spans are lost" in shown
    for each in ("perhaps the same as PRE-7: Lost", "one that is planned: Spans are lost"):
        assert each in shown, each
    first, second = json.loads(run("outbox", "--json").output)["planned_issues"]
    assert ("reddit:a", True, []) == (first["item"], first["new"], first["perhaps_the_same_as"])
    assert [
        {"id": "7", "number": "PRE-7", "title": "Lost", "url": "https://t.test/7"},
        {
            "id": first["issue_id"],
            "number": None,
            "title": "Spans are lost",
            "url": item("a").url,
        },
    ] == second["perhaps_the_same_as"]


def test_claims_are_listed(run: Run, db: Database, clock: StandingClock) -> None:
    assert "No claims." in run("claims").output
    memory = Memory(db, "amplifier", clock)
    far = NOON + timedelta(days=9999)
    memory.put_claim(claim("c1", expires_at=far))
    memory.put_claim(claim("c2", expires_at=far, url="https://rival.test/b", text="It is slow."))
    memory.source_seen("https://rival.test/b", None)
    assert "good until" in run("claims").output
    assert "stale since" in run("claims", "--stale").output
    assert [("c2", False)] == [
        (each["id"], each["good"]) for each in json.loads(run("claims", "--stale", "--json").output)
    ]
    assert [] == json.loads(run("claims", "--product", "other", "--json").output)


def test_the_status_says_how_things_stand(
    run: Run, db: Database, clock: StandingClock, queued: Memory
) -> None:
    queued.take("s", page(item("a"), item("b")))
    runs = Runs(db, clock)
    runs.start("r1", "scout", live=True, trace_id=None)
    runs.end("r1", Outcome(counts={"items": 2}, succeeded=1, failures=(Failure("x", "down"),)))
    runs.start("r2", "radar", live=False, trace_id=None)
    text = run("status").output
    for said in (
        *("partial", "2 items", "never", "broke off", "2 queued"),
        *("Reddit: set REDDIT_", "X: set X_USER_TOKEN"),
    ):
        assert said in text, said
    document = json.loads(run("status", "--json").output)
    assert [2, 0, 0, 0] == [each["pending"] for each in document["agents"]]
    assert "rules" == document["model"]
    queued.settle(item("b"))
    assert "1 item\n" in run("status").output


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    kept: list[Report] = []

    class History:
        def reports(self, agent: str | None = None) -> list[Report]:
            return [each for each in kept if agent in {None, each.agent}]

    @contextmanager
    def opened(*_: object, **__: object) -> Iterator[History]:
        yield History()

    monkeypatch.setattr(workshop, "opened_history", opened)
    return kept


def test_reports_are_listed_and_written(run: Run, history: list[Report], tmp_path: Path) -> None:
    assert "No reports." in run("reports").output
    sentence = Sentence("Rival shipped search.", ("https://rival.test",))
    history.append(
        Report(
            id="sentinel-1",
            agent="sentinel",
            title="The week",
            since=NOON,
            until=NOON,
            sections=(Section("Releases", (sentence,)),),
        )
    )
    assert "sentinel-1" in run("reports").output
    assert "Rival shipped search. ([1]" in run("reports", "latest").output
    written = run("reports", "sentinel-1", "--format", "html", "-o", str(tmp_path / "w.html"))
    assert 0 == written.exit_code
    assert "Rival shipped search." in (tmp_path / "w.html").read_text()
    assert "The week" == json.loads(run("reports", "latest", "--format", "json").output)["title"]
    assert 3 == run("reports", "latest", "--agent", "radar").exit_code
    nowhere = run("reports", "latest", "-o", str(tmp_path / "missing" / "w.md"))
    assert (2, True) == (nowhere.exit_code, "w.md can't be written (No such file" in nowhere.output)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome(counts={"items": 3}, succeeded=1), 0),
        (Outcome(succeeded=1, failures=(Failure("x", "down"),)), 4),
        (Outcome(failures=(Failure("x", "down"),)), 1),
    ],
)
def test_a_run_ends_with_its_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, code: int
) -> None:
    asked: list[tuple[str, bool]] = []

    async def once(
        settings: object,
        agent: str,
        clock: object,
        *,
        live: bool,
        signals: bool,
    ) -> Finished:
        assert signals
        asked.append((agent, live))
        return Finished(run_id="r1", outcome=outcome, trace_id="t" * 32)

    monkeypatch.setattr(running, "run_once", once)
    told = run("run", "scout", "--live")
    assert code == told.exit_code
    assert f"scout: {outcome.state}" in told.output
    assert ("x: down" in told.output) is bool(outcome.failures)
    assert f"prela show {'t' * 32}" in told.output
    document = json.loads(run("run", "scout", "--json").stdout)
    assert (outcome.state, "t" * 32) == (document["state"], document["trace_id"])
    assert [("scout", True), ("scout", False)] == asked


def test_an_env_file_says_whether_it_is_live_and_where_traces_go(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, str | None, str | None]] = []

    async def once(settings: Settings, *_: object, live: bool, signals: bool) -> Finished:
        assert signals
        assert settings.exporter is None
        seen.append((live, os.environ.get("PRELA_URL"), os.environ.get("X_USER_TOKEN")))
        return Finished(run_id="r1", outcome=Outcome(succeeded=1), trace_id="t" * 32)

    monkeypatch.setattr(running, "run_once", once)
    for name in ("PRELA_AGENTS_LIVE", "X_USER_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    env = tmp_path / "agents.env"
    env.write_text("PRELA_AGENTS_LIVE=1\nPRELA_URL=http://traces.test\nX_USER_TOKEN=secret\n")
    run("run", "scout", "--env-file", str(env))
    assert [(True, "http://traces.test", None)] == seen
    env.write_text("PRELA_EXPORTER=console\n")
    assert "prela show" not in run("run", "scout", "--env-file", str(env)).output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["spy"], "'spy' is not one of"),
        (["scout", "--once", "--every", "1h"], "one of --once"),
        (["scout", "--cron", "hourly"], "no line of cron"),
        (["scout", "--every", "often"], "no duration"),
        (["scout", "--every", "0s"], "from a minute to a year"),
        (["scout", "--every", "900000000w"], "from a minute to a year"),
        (["scout", "--config", "nope.toml"], "nope.toml can't be read"),
    ],
)
def test_wrong_command_lines_are_said(run: Run, words: list[str], said: str) -> None:
    wrong = run("run", *words)
    assert (2, True) == (wrong.exit_code, said in wrong.output)


def test_an_env_file_is_read_after_the_environment(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = tmp_path / "agents.env"
    env.write_text("REDDIT_CLIENT_ID=a\nREDDIT_CLIENT_SECRET=b\nREDDIT_USERNAME=c\n")
    missing = json.loads(run("status", "--json", "--env-file", str(env)).output)["missing"]
    assert not any(each.startswith("Reddit") for each in missing)
    env.write_text("PRELA_AGENTS_MODEL=claude-sonnet-5\n")
    document = json.loads(run("status", "--json", "--env-file", str(env)).output)
    assert "claude-sonnet-5" == document["model"]
    monkeypatch.setenv("PRELA_AGENTS_MODEL", "rules")
    document = json.loads(run("status", "--json", "--env-file", str(env)).output)
    assert "rules" == document["model"]


@pytest.mark.parametrize("words", [["run", "radar"], ["reports"]])
def test_a_clickhouse_that_is_away_is_named_and_its_driver_says_no_more(
    directory: Path, words: list[str]
) -> None:
    environ = {**os.environ, "CLICKHOUSE_HOST": "127.0.0.1", "CLICKHOUSE_PORT": "1"}
    ended = subprocess.run(
        [sys.executable, "-m", "prela_cli", "agents", *words],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 1 == ended.returncode
    (said,) = ended.stderr.splitlines()
    assert said.startswith("prela: the agents' history in ClickHouse at 127.0.0.1:1 can't be used")
    assert directory.exists() is ("run" in words)
