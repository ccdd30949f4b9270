from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from prela_agents.eval import Half
from prela_cli.main import prela

LINES = {
    "mentions.jsonl": 5,
    "issue_pairs.jsonl": 3,
    "questions.jsonl": 4,
    "injections.jsonl": 1,
}
ROOT = Path(__file__).parents[3]


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """A few of each set: how well the rules do is measured elsewhere."""
    made = tmp_path / "golden"
    made.mkdir()
    for name, count in LINES.items():
        lines = (ROOT / "tests" / "agents" / "golden" / name).read_text().splitlines()
        (made / name).write_text("\n".join(lines[:count]) + "\n")
    return made


class Nothing:
    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [(0.0,)] * len(texts)


def test_each_judge_has_figures_of_its_own(golden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("prela_agents.run.evaluating.WordLlamaEmbedder", Nothing)
    words = ["agents", "eval", "--golden", str(golden)]
    text = CliRunner().invoke(prela, words).output
    assert "rules, development half" in text
    assert "quotes that resolve" in text
    (one,) = json.loads(CliRunner().invoke(prela, [*words, "--half", "held-out", "--json"]).output)
    assert ("rules", Half.HELD_OUT) == (one["judge"], one["half"])
    assert {"precision", "recall", "f1"} <= one["relevance"].keys()


def test_what_is_no_golden_set_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(prela, ["agents", "eval", "--golden", str(tmp_path)])
    assert (1, True) == (result.exit_code, "mentions.jsonl" in result.output)


def test_a_model_needs_its_key(golden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setattr("prela_agents.run.evaluating.WordLlamaEmbedder", Nothing)
    words = ["agents", "eval", "--golden", str(golden), "--model", "claude-sonnet-5"]
    result = CliRunner().invoke(prela, [*words, "--dir", str(golden / "agents")])
    assert (2, True) == (result.exit_code, "ANTHROPIC_API_KEY" in result.output)
