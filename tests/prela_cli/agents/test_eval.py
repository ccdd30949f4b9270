from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from examples.agents.standins.claude import KEY, Claude
from tests.prela_agents.claude_as_rules import as_rules_would
from tests.served import listening

from prela_agents.eval import Half
from prela_agents.run.judges import CLAUDE
from prela_cli.main import prela

Eval = Callable[..., Result]

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


@pytest.fixture
def eval_(golden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Eval:
    monkeypatch.chdir(ROOT)
    for name in ("ANTHROPIC_API_KEY", "PRELA_AGENTS_MODEL", "PRELA_AGENTS_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PRELA_AGENTS_DIR", str(tmp_path / "agents"))
    monkeypatch.setattr("prela_agents.run.evaluating.WordLlamaEmbedder", Nothing)

    def invoke(*words: str, directory: Path = golden) -> Result:
        return CliRunner().invoke(prela, ["agents", "eval", "--golden", str(directory), *words])

    return invoke


@pytest.fixture
def claude(monkeypatch: pytest.MonkeyPatch, eval_: Eval) -> Iterator[Claude]:
    """Claude, and its key in the environment."""
    del eval_  # which takes keys away
    made = Claude(as_rules_would)
    with listening(made.app) as url:
        monkeypatch.setenv("PRELA_AGENTS_CLAUDE_URL", url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        yield made


def test_without_a_key_the_rules_alone_have_figures_and_that_is_said(eval_: Eval) -> None:
    text = eval_().output
    assert "rules, development half" in text
    assert "quotes that resolve" in text
    assert "claude" not in text
    assert text.endswith(
        "\n\nThe rules alone were measured: a model is, too, when ANTHROPIC_API_KEY is set.\n"
    )
    (one,) = json.loads(eval_("--half", "held-out", "--json").output)
    assert ("rules", Half.HELD_OUT) == (one["judge"], one["half"])
    assert {"precision", "recall", "f1"} <= one["relevance"].keys()


def test_with_a_key_a_model_has_figures_of_its_own_behind_those_of_the_rules(
    eval_: Eval, claude: Claude
) -> None:
    ended = eval_()
    assert 0 == ended.exit_code
    blocks = ended.stdout.split("\n\n")
    assert [f"{judge}, {half} half" for judge in ("rules", CLAUDE)
            for half in ("development", "held-out")] == [
        each.splitlines()[0] for each in blocks
    ]  # fmt: skip
    assert ["cost" in each for each in blocks] == [False, False, True, True]
    assert ended.stderr.startswith(f"prela: {CLAUDE} is measured as well, at its price; no budget")
    assert [] == claude.refused
    assert len(claude.messages) > 0


@pytest.mark.parametrize("words", [("--baseline",), ("--model", "rules")])
@pytest.mark.usefixtures("claude")
def test_a_model_can_be_left_out(eval_: Eval, words: tuple[str, ...]) -> None:
    ended = eval_(*words, "--half", "held-out")
    assert (0, "", 1) == (ended.exit_code, ended.stderr, ended.stdout.count(" half\n"))
    assert "ANTHROPIC_API_KEY" not in ended.stdout


def test_the_model_of_the_environment_is_taken_at_its_word(
    eval_: Eval, claude: Claude, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRELA_AGENTS_MODEL", "rules")
    (only,) = json.loads(eval_("--half", "held-out", "--json").stdout)
    assert ("rules", []) == (only["judge"], claude.messages)
    monkeypatch.setenv("PRELA_AGENTS_MODEL", "claude-haiku-4-5")
    found = json.loads(eval_("--half", "held-out", "--json").stdout)
    assert ["rules", "claude-haiku-4-5"] == [each["judge"] for each in found]


def test_a_model_that_comes_to_its_budget_has_no_figures(
    eval_: Eval, claude: Claude, tmp_path: Path
) -> None:
    config = tmp_path / "prela-agents.toml"
    config.write_text(f'docs = "{ROOT / "docs"}"\n[budgets]\nclaude = 0.05\n', "utf-8")
    words = ("--config", str(config), "--half", "development")
    ended = eval_(*words, "--json")
    assert 4 == ended.exit_code
    assert ["rules"] == [each["judge"] for each in json.loads(ended.stdout)]
    said, why = ended.stderr.splitlines()
    assert "the month's budget is $0.05; --baseline leaves it out" in said
    assert f"{CLAUDE} was not measured to the end: claude: $0.0" in why
    assert len(claude.messages) > 0
    status = CliRunner().invoke(prela, ["agents", "status", "--json", "--config", str(config)])
    assert 0 < json.loads(status.stdout)["spent"]["claude"] <= 0.05
    assert "rules, development half" in eval_(*words).stdout


def test_settings_that_name_a_model_have_the_rules_measured_without_a_key(
    eval_: Eval, tmp_path: Path
) -> None:
    config = tmp_path / "prela-agents.toml"
    config.write_text(f'docs = "{ROOT / "docs"}"\nmodel = "claude-opus-4-5"\n', "utf-8")
    ended = eval_("--config", str(config), "--half", "held-out")
    assert (0, True) == (ended.exit_code, "ANTHROPIC_API_KEY" in ended.stdout)


def test_libraries_do_not_tell_of_their_work(claude: Claude, golden: Path) -> None:
    pytest.importorskip("wordllama")  # it has all of them tell
    words = ["agents", "eval", "--golden", str(golden), "--half", "held-out", "--model", CLAUDE]
    ended = subprocess.run(
        [sys.executable, "-m", "prela_cli", *words], capture_output=True, text=True, check=False
    )
    assert (0, "") == (ended.returncode, ended.stderr)
    assert len(claude.messages) > 0


def test_what_is_no_golden_set_is_said(eval_: Eval, tmp_path: Path) -> None:
    result = eval_(directory=tmp_path)
    assert (1, True) == (result.exit_code, "mentions.jsonl" in result.output)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('docs = "docs"\n[profile.us]\nname = "Otter"', "names Otter: they are of another product"),
        ('docs = "examples/agents/docs"', "examples/agents/docs: they are of other docs"),
    ],
)
def test_golden_sets_of_something_else_measure_nothing(
    eval_: Eval, tmp_path: Path, config: str, said: str
) -> None:
    path = tmp_path / "prela-agents.toml"
    path.write_text(config.replace('docs = "', f'docs = "{ROOT}/'), "utf-8")
    ended = eval_("--config", str(path))
    assert (1, "") == (ended.exit_code, ended.stdout)
    assert ended.stderr.endswith(f"{said}\n")


def test_a_model_that_is_asked_for_needs_its_key(eval_: Eval) -> None:
    result = eval_("--model", "claude-sonnet-5")
    assert (2, True) == (result.exit_code, "ANTHROPIC_API_KEY" in result.output)
    assert 2 == eval_("--model", "claude-sonnet-5", "--baseline").exit_code
