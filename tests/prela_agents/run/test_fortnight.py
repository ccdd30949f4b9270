"""Sentinel and Radar by their command, over real sockets and a real store, without a key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from examples.agents.settings import HERE, config
from examples.agents.standins.fortnight import DAYS, recorded
from examples.agents.standins.site import Site, serving

from prela_agents.run.settings import Secrets
from prela_cli.main import prela

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    first = NOW.date() - timedelta(days=DAYS)
    with serving(recorded(HERE / "fortnight", first, lambda: NOW)) as site:
        yield site


@pytest.fixture
def directory(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (*Secrets.variables().values(), "PRELA_URL", "PRELA_EXPORTER", "CLICKHOUSE_HOST"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "prela-agents.toml"
    file.write_text(config(site.url), "utf-8")
    monkeypatch.setenv("PRELA_AGENTS_CONFIG", str(file))
    monkeypatch.setenv("PRELA_AGENTS_DIR", str(tmp_path / "agents"))
    return tmp_path


def asked(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(prela, list(words))
    assert code == result.exit_code, result.output
    return result.output


@pytest.mark.slow
def test_both_run_end_to_end_and_write_reports(directory: Path, site: Site) -> None:
    # The feed that broke makes them partial: what else there is was read all the same.
    sentinel = json.loads(asked("agents", "run", "sentinel", "--json", code=4).splitlines()[0])
    radar = json.loads(asked("agents", "run", "radar", "--json", code=4).splitlines()[0])
    assert {"feed"} == {
        each["where"].partition(":")[0] for each in sentinel["failures"] + radar["failures"]
    }
    assert 20 < sentinel["counts"]["changes"]
    assert 5 < sentinel["counts"]["mentions"]
    assert 200 < radar["counts"]["snapshots"]

    listed = json.loads(asked("agents", "reports", "--format", "json"))
    assert {"sentinel", "radar"} == {each["agent"] for each in listed}
    page = directory / "week.html"
    for agent in ("sentinel", "radar"):
        asked("agents", "reports", "latest", "--agent", agent, "--format", "html", "-o", str(page))
        assert "Sources" in page.read_text("utf-8")
    notes = directory / "week.md"
    asked("agents", "reports", "latest", "--agent", "radar", "-o", str(notes))
    plots = sorted(directory.glob("week-plots/*.svg"))
    assert plots
    assert all(f"(week-plots/{plot.name})" in notes.read_text("utf-8") for plot in plots)

    again = json.loads(asked("agents", "run", "sentinel", "--json", code=4).splitlines()[0])
    assert 0 == again["counts"].get("changes", 0)
    assert not any(each.headers.get("authorization") for each in site.parts["github"].asked)

    shown = asked("show", sentinel["trace_id"], "--data-dir", str(directory / "agents"))
    assert "github:releases/tracewell/tracewell" in shown
