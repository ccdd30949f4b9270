from __future__ import annotations

import pytest

from prela_core.errors import InvalidError
from prela_core.store.sql.tree import read_tree


def test_a_dump_is_read_as_a_tree() -> None:
    tree = read_tree(
        ["SelectQuery (children 2)", " Function f (alias a) (children 1)", "  Literal 'x'", " Set"]
    )

    assert "SelectQuery" == tree.kind
    assert ["Function", "Set"] == [child.kind for child in tree.children]
    assert " f (alias a)" == tree.children[0].text
    assert ["SelectQuery", "Set", "Function", "Literal"] == [node.kind for node, _ in tree.walk()]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["A", "B"],
        ["A (children 1)"],
        ["A (children 1)", " B", " C"],
        ["A (children 1)", "  B"],
        ["A (children 1)", " B", "", "C"],
        # A name that pretends to be the end of one list and the beginning of another.
        ["A (children 2)", " I x", " I y", "B (children 1)", " I z"],
    ],
)
def test_what_is_no_whole_tree_is_refused(lines: list[str]) -> None:
    with pytest.raises(InvalidError):
        read_tree(lines)
