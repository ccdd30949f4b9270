"""Values as columns: Arrow tables, and the frames of pandas and polars over them."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

import attrs
from msgspec import Raw

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["arrow_table", "needed", "pandas_frame", "polars_frame"]


def arrow_table(kind: type, items: Sequence[Any]) -> pa.Table:
    """Give a table with a column for each field of `kind`, an attrs class, and a row for each item.

    Times are timestamps in UTC, to the microsecond; whole numbers `int64`, so that a missing one
    is null and no fraction; what is kept as JSON (attributes, events) is JSON text. Without
    items, the columns have their types all the same.
    """
    arrow = needed("pyarrow")
    hints = get_type_hints(kind)
    columns = {}
    for field in attrs.fields(kind):
        form, convert = _form(arrow, hints[field.name])
        values = [getattr(item, field.name) for item in items]
        columns[field.name] = arrow.array(convert(values) if convert else values, form)
    table: pa.Table = arrow.table(columns)
    return table


def pandas_frame(table: pa.Table) -> pd.DataFrame:
    """Give a frame over the memory of `table`, its columns of Arrow's types."""
    return table.to_pandas(types_mapper=needed("pandas").ArrowDtype)


def polars_frame(table: pa.Table) -> pl.DataFrame:
    """Give a frame over the memory of `table`, where polars has the same layout."""
    frame: pl.DataFrame = needed("polars").DataFrame(table)
    return frame


def needed(name: str) -> Any:
    """Give a module of the extra `notebook`; where it is missing, the error says what to do."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ModuleNotFoundError(
            f"this needs {name}, which is not installed: pip install 'prela-core[notebook]'",
            name=name,
        ) from None


def _form(arrow: Any, hint: Any) -> tuple[Any, Callable[[list[Any]], list[Any]] | None]:
    """Give the type of a column of `hint`, and what makes its values of a field's, if anything."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
    plain = {
        str: arrow.string(),
        int: arrow.int64(),
        float: arrow.float64(),
        bool: arrow.bool_(),
        datetime: arrow.timestamp("us", tz="UTC"),
    }
    if hint in plain:
        return plain[hint], None
    if hint is Raw:
        return arrow.string(), _as_text
    if get_origin(hint) is list:
        (of,) = get_args(hint)
        if get_origin(of) is tuple:
            numbered = [arrow.field(name, arrow.int32()) for name in ("start", "end")]
            return arrow.list_(arrow.struct(numbered)), _as_ranges
        return arrow.list_(plain[of]), None
    raise TypeError(f"no column can be made of {hint}")


def _as_text(values: list[Any]) -> list[Any]:
    return [bytes(value).decode(errors="replace") for value in values]


def _as_ranges(values: list[Any]) -> list[Any]:
    return [[{"start": start, "end": end} for start, end in pairs] for pairs in values]
