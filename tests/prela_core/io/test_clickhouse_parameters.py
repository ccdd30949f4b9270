from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from prela_core.io.clickhouse_parameters import in_parts

LONGEST = 128 * 1024
SQL = "SELECT {a:String} WHERE x IN {ids:Array(String)} OR y IN {ids:Array(String)}"


def as_sent(values: list[str]) -> str:
    """Spell an array as it is sent: quoted for the engine, then escaped for the way."""
    quoted = [value.replace("\\", "\\\\").replace("'", "\\'") for value in values]
    return str("[" + ", ".join(f"'{each}'" for each in quoted) + "]").replace("\\", "\\\\")


def test_what_fits_is_left_alone() -> None:
    parameters: dict[str, Any] = {"a": "x" * 200_000, "ids": ["t1", "t2"], "n": 3}
    assert (SQL, parameters) == in_parts(SQL, parameters)
    assert (SQL, {"ids": []}) == in_parts(SQL, {"ids": []})


def test_a_long_list_is_divided_and_joined_wherever_it_is_used() -> None:
    sql, parameters = in_parts(SQL, {"a": "x", "ids": ["x" * 20_000, "y" * 20_000]})
    joined = "arrayConcat({ids_part0:Array(String)}, {ids_part1:Array(String)})"
    assert f"SELECT {{a:String}} WHERE x IN {joined} OR y IN {joined}" == sql
    assert {"a": "x", "ids_part0": ["x" * 20_000], "ids_part1": ["y" * 20_000]} == parameters


@given(
    st.lists(st.tuples(st.sampled_from(["a", "\\", "'", "日", "\n"]), st.integers(0, 8000))).map(
        lambda drawn: [text * count for text, count in drawn]
    )
)
def test_every_part_fits_and_nothing_is_lost(ids: list[str]) -> None:
    sql, parameters = in_parts("{ids:Array(String)}", {"ids": ids})
    assert ids == [each for part in parameters.values() for each in part]
    for name, part in parameters.items():
        assert f"{{{name}:Array(String)}}" in sql
        assert len(as_sent(part).encode()) <= LONGEST
