"""What the page on the query language says is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prela_core.ask import FIELDS, MAX_LENGTH, Subject, parse
from prela_core.ask.parse import MAX_DEPTH, MAX_RELATIVES, MAX_TERMS
from prela_core.errors import QueryError

PAGE = (Path(__file__).parents[3] / "docs" / "query-language.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
EXAMPLES = [line for language, block in BLOCKS if not language for line in block.splitlines()]
CODE = re.findall(r"`([^`\n]+)`", PAGE)


@pytest.mark.parametrize("text", EXAMPLES)
def test_each_example_can_be_asked(text: str) -> None:
    assert parse(text) is not None
    assert len(EXAMPLES) > 10


def test_each_comparison_that_is_shown_can_be_made() -> None:
    shown = [text for text in CODE if re.match(r"[a-z_]+(\.\S+)?(!=|>=|<=|[:=<>~])\S", text)]
    assert len(shown) > 15
    for text in shown:
        assert parse(text) is not None


def test_each_field_is_told() -> None:
    table = PAGE[PAGE.index("## Fields") : PAGE.index("## Words")]
    told = {text.partition(".")[0] for text in re.findall(r"`([a-z_]+(?:\.[A-Z]+)?)`", table)}
    assert set() == set(FIELDS) - told


def test_the_bounds_are_these() -> None:
    for bound in (f"{MAX_LENGTH:,} characters", f"{MAX_TERMS} conditions", f"{MAX_DEPTH} paren"):
        assert bound in PAGE
    assert f"{MAX_RELATIVES} conditions on spans" in " ".join(PAGE.split())


def test_the_mistake_is_told_as_shown() -> None:
    with pytest.raises(QueryError, match=re.escape("column 14: there is no field 'modle'")):
        parse("status:error modle:gpt*", Subject.SPAN)
