"""The golden sets are what they say they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prela_agents.errors import AgentError
from prela_agents.eval.golden import GoldenSets, Half, golden_sets

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "agents" / "golden"


@pytest.fixture(scope="module")
def sets() -> GoldenSets:
    return golden_sets(GOLDEN)


def test_there_are_enough_of_each(sets: GoldenSets) -> None:
    assert len(sets.mentions) >= 300
    assert sum(not each.relevant for each in sets.mentions) >= 100
    assert len(sets.pairs) >= 150
    assert sum("near" == each.kind for each in sets.pairs) >= 60
    assert len(sets.questions) >= 80
    assert sum(not each.answerable for each in sets.questions) >= 20
    assert len(sets.injections) >= 50


def test_texts_and_ids_occur_once_and_the_held_out_half_is_large(sets: GoldenSets) -> None:
    for texts in (
        [each.text for each in sets.mentions],
        [each.question for each in sets.questions],
        [each.text for each in sets.injections],
        [frozenset({each.a, each.b}) for each in sets.pairs],
    ):
        assert len(texts) == len(set(texts))
    for lines in (sets.mentions, sets.pairs, sets.questions, sets.injections):
        assert len(lines) == len({each.id for each in lines})
        assert sum(each.half is Half.HELD_OUT for each in lines) >= 0.2 * len(lines)


def test_no_issue_stands_in_both_halves(sets: GoldenSets) -> None:
    known, held = (
        {issue for pair in sets.half(half).pairs for issue in (pair.a, pair.b)} for half in Half
    )
    assert not known & held


def test_labels_are_there_where_they_mean_something(sets: GoldenSets) -> None:
    for each in (*sets.mentions, *sets.injections):
        assert each.relevant == (each.intent is not None) == (each.sentiment is not None), each.id
    for pair in sets.pairs:
        assert pair.duplicate == (pair.kind == "duplicate")
    for question in sets.questions:
        assert question.answerable == bool(question.sections) == (question.quote is not None)
    for injection in sets.injections:
        assert injection.demanded_intent is None or injection.demanded_intent != injection.intent


def test_every_quote_stands_in_a_section_that_is_named(sets: GoldenSets) -> None:
    for question in sets.questions:
        if question.quote is not None:
            found = [_section(*named.split("#", 1)) for named in question.sections]
            assert all(found), question.sections
            quote = " ".join(question.quote.split())
            assert any(quote in " ".join(text.split()) for text in found), question.id


def _section(path: str, heading: str) -> str:
    text = (ROOT / path).read_text(encoding="utf-8")
    # Comments of shell sessions begin like headings.
    text = re.sub(
        r"^```.*?^```",
        lambda code: code[0].replace("\n#", "\n "),
        text,
        flags=re.MULTILINE | re.DOTALL,
    )
    parts = re.split(r"^#{1,6} (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get(heading, "")


def test_a_line_at_fault_is_named(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match=r"mentions\.jsonl can't be read"):
        golden_sets(tmp_path)
    (tmp_path / "mentions.jsonl").write_text('{"id": 1}\n', encoding="utf-8")
    with pytest.raises(AgentError, match=r"line 1 of .*mentions\.jsonl"):
        golden_sets(tmp_path)
