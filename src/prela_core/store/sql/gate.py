"""What a query of a user may be made of. What is not known here to be harmless is refused."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from prela_core.errors import InvalidError
from prela_core.store.sql.functions import COUNTED, is_known
from prela_core.store.sql.tree import Node

__all__ = ["SHOWN_TABLES", "bare_names", "check"]

SHOWN_TABLES = ("spans", "traces")

_KINDS = frozenset(
    {
        "ArrayJoin",
        "Asterisk",
        "ColumnsExceptTransformer",
        "ColumnsListMatcher",
        "ColumnsRegexpMatcher",
        "ColumnsReplaceTransformer",
        "ColumnsReplaceTransformer::Replacement",
        "ColumnsTransformerList",
        "ExpressionList",
        "Function",
        "Identifier",
        "InterpolateElement",
        "Literal",
        "OrderByElement",
        "QualifiedAsterisk",
        "SelectIntersectExceptQuery",
        "SelectQuery",
        "SelectWithUnionQuery",
        "Subquery",
        "TableExpression",
        "TableIdentifier",
        "TableJoin",
        "TablesInSelectQuery",
        "TablesInSelectQueryElement",
        "WindowDefinition",
        "WindowListElement",
        "WithElement",
    }
)
_NOT_TAKEN = {
    "Set": "SETTINGS can't be given here",
    "SampleRatio": "SAMPLE can't be used on these tables",
    "ColumnsApplyTransformer": "APPLY can't be used here; name the columns",
    "QueryParameter": "the query has a parameter in braces; write the value itself",
}
_TABLE_FUNCTIONS = frozenset({"numbers", "values", "generateseries", "generate_series"})
# Each takes a table's name on its right side.
_IN = re.compile(r"(global)?(not)?(null)?in(ignoreset)?", re.IGNORECASE)
_COUNT = re.compile(r" U?Int64_(-?\d{1,9})( \(alias \S+\))?")
_LONGEST = 10_000
_TABLE = re.compile(r" ([A-Za-z_]\w*)( \(alias [A-Za-z_]\w*\))?", re.ASCII)


def bare_names(tree: Node) -> set[str]:
    """Give the names that stand for themselves, in lower case.

    The engine takes one for a function where it knows such a function and no such column: in
    `arrayMap(file, names)` there is no call to be seen.
    """
    return {_word(node).lower() for node, _ in tree.walk() if node.kind == "Identifier"}


def check(tree: Node, text: str, *, tables: Collection[str], functions: Iterable[str]) -> None:
    """Raise `InvalidError` unless `tree`, the reading of `text`, is one harmless SELECT.

    `tables` are those of the store, all of which but the shown ones are out of reach. A table's
    name that is neither must be one that the query itself gives to a subquery; the engine knows
    no other then. `functions` are those of `bare_names` that are names of functions.
    """
    if tree.kind != "SelectWithUnionQuery":
        raise InvalidError("only one SELECT can be asked")
    for node, parent in tree.walk():
        if node.kind not in _KINDS:
            reason = _NOT_TAKEN.get(node.kind)
            raise InvalidError(reason or "the query has a part that can't be used here")
        if node.kind == "Function":
            _check_function(node, parent)
        elif node.kind == "TableIdentifier":
            _check_table(_table_name(node), text, tables)
    if [child.kind for child in tree.children] != ["ExpressionList"]:
        raise InvalidError(
            "FORMAT and INTO OUTFILE can't be given in the query; the form is chosen beside it"
        )
    _check_right_sides(tree, tables)
    for name in functions:
        if not is_known(name) or name.lower() in COUNTED:
            raise InvalidError(
                f"{name} is the name of a function that can't be used in a query; "
                "give what is meant another name"
            )


def _check_function(node: Node, parent: Node | None) -> None:
    name = _word(node)
    if parent is not None and parent.kind == "TableExpression":
        if name.lower() not in _TABLE_FUNCTIONS:
            raise InvalidError(f"the table function {name[:60]} can't be used; {_tables()}")
    elif not is_known(name):
        raise InvalidError(f"the function {name[:60]} can't be used in a query")
    elif name.lower() in COUNTED:
        _check_count(node, name)


def _check_count(node: Node, name: str) -> None:
    place = COUNTED[name.lower()]
    for given in node.children[0].children[place : place + 1]:
        count = _COUNT.fullmatch(given.text) if given.kind == "Literal" else None
        if count is None or int(count[1]) > _LONGEST:
            raise InvalidError(
                f"argument {place + 1} of {name} must be a number, written out, of "
                f"{_LONGEST:,} at most"
            )


def _word(node: Node) -> str:
    # What has a blank in it names no function and no table.
    return node.text.split(" ")[1]


def _table_name(node: Node) -> str:
    match = _TABLE.fullmatch(node.text)
    if match is None:
        raise InvalidError(f"there is no table{node.text[:60]}; {_tables()}")
    return match[1]


def _check_table(name: str, text: str, tables: Collection[str]) -> None:
    if name in SHOWN_TABLES:
        return
    given = re.search(rf"\b{name}\b[`\"]? AS \(", text) is not None
    if name in tables or not given:
        raise InvalidError(f"there is no table {name[:60]}; {_tables()}")


def _check_right_sides(tree: Node, tables: Collection[str]) -> None:
    for node, _ in tree.walk():
        if node.kind != "Function" or not _IN.fullmatch(_word(node)):
            continue
        for side in node.children[0].children[1:2]:
            if side.kind == "Identifier" and (
                not _TABLE.fullmatch(side.text)
                or (_word(side) in tables and side.text[1:] not in SHOWN_TABLES)
            ):
                raise InvalidError(
                    f"IN can't be asked of{side.text[:60]}; "
                    "use a list, a subquery, or has(array, value)"
                )


def _tables() -> str:
    return f"the tables are {' and '.join(SHOWN_TABLES)}"
