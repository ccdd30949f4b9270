"""The statements about cells: computing them, what makes them void, and asking them.

A cell is what the visible spans that start in one hour come to, by one field or by none. The
text of nothing here depends on a value: `dimension` is one of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prela_core.store.fragments import (
    MICROS,
    PROJECT,
    Query,
    one_of,
    since_of,
    until_of,
)
from prela_core.store.metric_queries import (
    LEVELS,
    PERCENTILES,
    aggregates,
    bucket_of,
    columns_of,
    point_parts,
    spend,
    telling_counted,
)
from prela_core.store.metrics import MAX_POINTS, Bucket, Dimension, MetricQuery
from prela_core.store.windows import Moved, Window, moved_in

__all__ = [
    "COVERED",
    "DIMENSIONS",
    "EVERY",
    "HOUR",
    "LAST",
    "PARTS",
    "TABLES",
    "are_there",
    "changed",
    "computes",
    "drops",
    "drops_old",
    "hours_of_deletion",
    "hours_there",
    "listed",
    "lists_traces",
    "marks",
    "moved_beside",
    "of_cells",
    "recent",
    "states",
]

HOUR = 3_600_000_000
LAST = (1 << 32) // 3600
"""The hour after the last that a cell can be of."""
COVERED, EVERY = -1, -2
"""Hours that are none: until when all was looked through, and all of them."""

DIMENSIONS = tuple(each for each in Dimension if each not in {Dimension.USER, Dimension.SESSION})
"""The fields that there are cells by. Users and sessions are too many."""

_COUNTS = (
    "spans",
    "errors",
    "cost",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
PARTS = (
    *_COUNTS,
    *(
        f"{of}_{part}"
        for of in ("duration", "ttft")
        for part in ("known", "sum", "min", "max", "percentiles", "values")
    ),
)
"""The raw values of a cell, as `metric_queries` names them."""

_MOST_VALUES = 500
"""A field with more values in an hour has no cells there."""
TABLES = ("cells", "cell_traces")
"""Where something of a trace is kept."""
_HOURS = "hours"
_CELL_HOUR = "intDiv(toUnixTimestamp(started_at), 3600)"
_HOUR_OF_ROW = f"toInt32(intDiv({MICROS.format('started_at')}, {HOUR}))"
_AS_HOUR = "toDateTime({0} * 3600, 'UTC')"
_OPEN = (
    "SELECT deletion_id FROM deletions WHERE project_id = {project:String} GROUP BY deletion_id"
    " HAVING countIf(state = 'done') = 0"
    " OR max(toUnixTimestamp64Micro(at)) >= {since:Int64}"
)


def are_there() -> Query:
    """Say whether the schema has what is asked about cells."""
    return Query(
        "SELECT count() = 3 FROM system.tables WHERE database = currentDatabase()"
        " AND name IN ('cells', 'cell_marks', 'cell_traces')",
        {},
    )


def states(project_id: str, first: int = 0, last: int = LAST) -> Query:
    """Give `(kind, hour, moment, generation, kept)`: 0 is of the latest cells, 1 a mark.

    Those of the hours `first` to `last`, and the marks of no hour.
    """
    return Query(
        f"SELECT 0 AS kind, toInt32({_CELL_HOUR}) AS hour, max(valid_at) AS moment,"
        " argMax(generation, valid_at) AS made, argMax(kept, valid_at) AS fields"
        f" FROM cells WHERE {PROJECT} AND dimension = '{_HOURS}'"
        f" AND started_at >= {_AS_HOUR.format('{first:Int64}')}"
        f" AND started_at <= {_AS_HOUR.format('{last:Int64}')} GROUP BY hour"
        " UNION ALL SELECT 1, hour, max(until), 0, [] FROM cell_marks"
        f" WHERE {PROJECT} AND (hour < 0 OR hour >= {{first:Int64}} AND hour <= {{last:Int64}})"
        " GROUP BY hour",
        {"project": project_id, "first": first, "last": last},
    )


def changed(project_id: str, since: int) -> Query:
    """Give the hours whose cells may be void by what was stored or deleted from `since` on.

    What is stored changes the hours that it starts in, and those where its trace had rows. A
    deletion counts from when it is asked until its last step.
    """
    stored = f"{PROJECT} AND stored_at >= fromUnixTimestamp64Micro({{since:Int64}}, 'UTC')"
    traces = (
        f"SELECT trace_hash FROM spans WHERE {stored}"
        " UNION ALL SELECT cityHash64(trace_id) FROM deleted_traces"
        f" WHERE {PROJECT} AND deletion_id IN ({_OPEN})"
    )
    return Query(
        "SELECT DISTINCT hour FROM ("
        f"SELECT {_HOUR_OF_ROW} AS hour FROM spans WHERE {stored}"
        f" UNION ALL SELECT toInt32({_CELL_HOUR}) FROM cell_traces"
        f" WHERE {PROJECT} AND trace_hash IN ({traces})"
        f" UNION ALL SELECT toInt32({EVERY}) FROM deletions"
        f" WHERE {PROJECT} AND is_everything AND deletion_id IN ({_OPEN}))",
        {"project": project_id, "since": since},
    )


def marks(project_id: str, hours: Sequence[int], until: int) -> Query:
    """Say that the cells of `hours` that are older than `until` are void."""
    return Query(
        "INSERT INTO cell_marks (project_id, hour, until)"
        " SELECT {project:String}, arrayJoin({hours:Array(Int32)}), {until:Int64}",
        {"project": project_id, "hours": sorted(set(hours)), "until": until},
    )


def recent(since: int) -> Query:
    """Give the projects in which something was stored or deleted from `since` on."""
    return Query(
        "SELECT DISTINCT project_id FROM spans"
        " WHERE stored_at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')"
        " UNION DISTINCT SELECT DISTINCT project_id FROM deletions"
        " WHERE at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')",
        {"since": since},
    )


def hours_there(project_id: str | None = None) -> Query:
    """Give `(project_id, hours, rows)`: hours since 1970, and how many rows start in each."""
    where = "" if project_id is None else f" WHERE {PROJECT}"
    return Query(
        "SELECT project_id, groupArray(hour), groupArray(rows) FROM (SELECT project_id,"
        f" {_HOUR_OF_ROW} AS hour, count() AS rows FROM spans{where} GROUP BY project_id, hour)"
        " GROUP BY project_id",
        {} if project_id is None else {"project": project_id},
    )


def lists_traces(project_id: str, first: int, last: int) -> Query:
    """Write down the traces that have a row in the hours `first` to `last`."""
    parameters: dict[str, Any] = {"project": project_id}
    window = _window(first * HOUR, (last + 1) * HOUR - 1, parameters, "")
    return Query(
        "INSERT INTO cell_traces (project_id, trace_hash, started_at)"
        f" SELECT DISTINCT {{project:String}}, trace_hash, {_AS_HOUR.format(_HOUR_OF_ROW)}"
        f" FROM spans WHERE {PROJECT} AND {' AND '.join(window)}",
        parameters,
    )


def computes(project_id: str, first: int, last: int, *, generation: int, valid_at: int) -> Query:
    """Compute the cells of the hours `first` to `last`; they count once they are `listed`."""
    parameters: dict[str, Any] = {
        "project": project_id,
        "generation": generation,
        "valid_at": valid_at,
    }
    window = _window(first * HOUR, (last + 1) * HOUR - 1, parameters, "")
    hours = Window.few_hours([window])
    seen = hours.spans([*DIMENSIONS, *columns_of(PARTS)], [])
    pairs = ", ".join(f"('{each.value}', toString({each.value}))" for each in DIMENSIONS)
    counted = [part for part in PARTS if not part.endswith("_percentiles")]
    made = ", ".join(f"raw_{part}" if part in counted else _ranks(part) for part in PARTS)
    return Query(
        "INSERT INTO cells (project_id, dimension, started_at, value, generation, valid_at,"
        f" {', '.join(PARTS)}) SELECT {{project:String}}, field, hour, word,"
        f" {{generation:UInt64}}, {{valid_at:Int64}}, {made}"
        f" FROM (SELECT pair.1 AS field, {_AS_HOUR.format(_HOUR_OF_ROW)} AS hour, pair.2 AS word,"
        f" {aggregates(counted)}, count() OVER (PARTITION BY field, hour) AS words"
        f" FROM {telling_counted(seen, window, hours)}"
        f" ARRAY JOIN [('', ''), {pairs}] AS pair GROUP BY field, hour, word)"
        f" WHERE words <= {_MOST_VALUES}",
        parameters,
    )


def listed(project_id: str, first: int, last: int, *, generation: int, valid_at: int) -> Query:
    """Have the cells of a generation count."""
    return Query(
        "INSERT INTO cells (project_id, dimension, started_at, generation, valid_at, kept)"
        f" SELECT {{project:String}}, '{_HOURS}', all_hours.started_at, {{generation:UInt64}},"
        " {valid_at:Int64}, fields FROM"
        f" (SELECT {_AS_HOUR.format('arrayJoin(range({first:UInt32}, {last:UInt32} + 1))')}"
        " AS started_at) AS all_hours LEFT JOIN"
        " (SELECT started_at, groupUniqArray(dimension) AS fields FROM cells"
        f" WHERE {PROJECT} AND generation = {{generation:UInt64}} GROUP BY started_at) AS made"
        " USING (started_at)",
        {
            "project": project_id,
            "first": first,
            "last": last,
            "generation": generation,
            "valid_at": valid_at,
        },
    )


def drops_old(project_id: str, before: int) -> Query:
    """Have cells go that were computed before a moment, and anew since."""
    return Query(
        f"DELETE FROM cells WHERE {PROJECT} AND valid_at < {{before:Int64}}"
        " AND (started_at, generation) NOT IN (SELECT started_at, argMax(generation, valid_at)"
        f" FROM cells WHERE {PROJECT} AND dimension = '{_HOURS}' GROUP BY started_at)",
        {"project": project_id, "before": before},
    )


def hours_of_deletion(project_id: str, deletion_id: str) -> Query:
    """Give the hours in which the traces of a deletion had rows, as far as there are cells."""
    return Query(
        f"SELECT DISTINCT toInt32({_CELL_HOUR}) FROM cell_traces WHERE {PROJECT}"
        " AND trace_hash IN (SELECT cityHash64(trace_id) FROM deleted_traces"
        f" WHERE {PROJECT} AND deletion_id = {{deletion:String}})",
        {"project": project_id, "deletion": deletion_id},
    )


def drops(project_id: str, deletion_id: str, hours: Sequence[int] | None) -> list[Query]:
    """Have the cells of `hours` go, or all, and what is known of the traces of a deletion there."""
    parameters: dict[str, Any] = {"project": project_id, "deletion": deletion_id}
    named = f"{PROJECT} AND {{deletion:String}} != ''"
    if hours is None:
        return [Query(f"DELETE FROM {table} WHERE {named}", parameters) for table in TABLES]
    parameters["hours"] = list(hours)
    there = f"{named} AND {_CELL_HOUR} IN {{hours:Array(Int32)}}"
    gone = (
        "trace_hash IN (SELECT cityHash64(trace_id) FROM deleted_traces"
        f" WHERE {PROJECT} AND deletion_id = {{deletion:String}})"
    )
    return [
        Query(f"DELETE FROM cells WHERE {there}", parameters),
        Query(f"DELETE FROM cell_traces WHERE {there} AND {gone}", parameters),
    ]


def of_cells(
    project_id: str,
    asked: MetricQuery,
    cells: Sequence[tuple[int, int]],
    windows: Sequence[tuple[int | None, int | None]],
    moved: Sequence[Moved] | None = None,
) -> Query:
    """Give what `metric_queries.pointed` gives, of cells and of spans in `windows` beside them.

    `cells` are `(hour, generation)`. `windows` are moments, both ends within. By hour, no hour is
    in both. `moved` is what `moved_beside` answered for these windows.
    """
    parameters: dict[str, Any] = {
        "project": project_id,
        "limit": MAX_POINTS + 1,
        "dimension": asked.by[0].value if asked.by else "",
        "hours": [hour for hour, _ in cells],
        "generations": [generation for _, generation in cells],
        "first": min(hour for hour, _ in cells),
        "last": max(hour for hour, _ in cells),
    }
    parts = point_parts(asked)
    is_by_hour = asked.bucket is Bucket.HOUR
    held = [part if is_by_hour else part.replace("_percentiles", "_values") for part in parts]
    key = "toString({0}) AS key0, ".format if asked.by else lambda _: ""
    micros = bucket_of(asked).replace("(started_at)", "(toDateTime64(started_at, 6, 'UTC'))")
    from_cells = (
        f"SELECT {key('value')}{micros} AS bucket,"
        f" {', '.join(f'{part} AS in_{part}' for part in held)} FROM cells"
        f" WHERE {PROJECT} AND dimension = {{dimension:String}}"
        f" AND started_at >= {_AS_HOUR.format('{first:Int64}')}"
        f" AND started_at <= {_AS_HOUR.format('{last:Int64}')}"
        f" AND (toInt32({_CELL_HOUR}), generation) IN"
        " (SELECT arrayJoin(arrayZip({hours:Array(Int32)}, {generations:Array(UInt64)})))"
    )
    readings = [from_cells]
    if windows:
        columns = [*(each.value for each in asked.by), *columns_of(held)]
        clauses = _windows(windows, parameters)
        beside = Window.few_hours(clauses, moved, parameters)
        seen = beside.spans(columns, [])
        if spend(held):
            seen = telling_counted(seen, [one_of(clauses)], beside)
        names = ", ".join(["key0, bucket" if asked.by else "bucket"])
        readings.append(
            f"SELECT {key(asked.by[0].value if asked.by else '')}{bucket_of(asked)} AS bucket,"
            f" {aggregates(held)} FROM {seen} GROUP BY {names}"
        )
    names = "key0, bucket" if asked.by else "bucket"
    merged = ", ".join(f"{_merged(part, is_by_hour)} AS all_{part}" for part in parts)
    return Query(
        f"SELECT {names}, {merged}"
        f" FROM ({' UNION ALL '.join(readings)}) GROUP BY {names} LIMIT {{limit:UInt64}}",
        parameters,
    )


def moved_beside(
    project_id: str, windows: Sequence[tuple[int | None, int | None]], *, most: int
) -> Query:
    """Ask which traces are in several hours of which some are in `windows`, for `of_cells`."""
    parameters: dict[str, Any] = {"project": project_id}
    return moved_in(_windows(windows, parameters), parameters, most=most)


def _windows(
    windows: Sequence[tuple[int | None, int | None]], parameters: dict[str, Any]
) -> list[list[str]]:
    return [_window(lo, hi, parameters, str(number)) for number, (lo, hi) in enumerate(windows)]


def _ranks(part: str) -> str:
    """Take the percentiles by nearest rank out of the values, which are negated and sorted."""
    values = f"raw_{part.removesuffix('_percentiles')}_values"
    ranks = ", ".join(
        f"{values}[length({values}) + 1 - intDiv({percent} * length({values}) + 99, 100)]"
        for percent in PERCENTILES
    )
    return f"[{ranks}]"


def _merged(part: str, is_by_hour: bool) -> str:  # noqa: FBT001 - private
    of, _, what = part.rpartition("_")
    if what in {"min", "max"} and of in {"duration", "ttft"}:
        return f"{what}If(in_{part}, in_{of}_known > 0)"
    if what == "percentiles":
        if is_by_hour:
            return f"any(in_{part})"
        return f"quantilesExactArray({LEVELS})(in_{of}_values)"
    return f"sum(in_{part})"


def _window(lo: int | None, hi: int | None, parameters: dict[str, Any], name: str) -> list[str]:
    return since_of(lo, parameters, f"lo{name}") + until_of(hi, parameters, f"hi{name}")
