"""How measures are asked for: the order of the groups first, then what each of them holds."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import Any

from prela_core.errors import InvalidError
from prela_core.model import from_micros
from prela_core.store.cells import may_serve, points
from prela_core.store.fragments import Query
from prela_core.store.metric_queries import (
    PERCENTILES,
    Key,
    measured,
    parts_of,
    point_parts,
    pointed,
    ranked,
)
from prela_core.store.metric_sums import Raw, add_up, together
from prela_core.store.metrics import (
    MAX_POINTS,
    Bucket,
    Measure,
    MetricQuery,
    MetricRow,
    MetricTable,
)

__all__ = ["metrics", "table_of", "too_many_points"]

Row = Sequence[Any]
Values = dict[str, int | float | None]


def metrics(
    project_id: str, asked: MetricQuery, *, oldest: int | None = 0
) -> Generator[Query, list[Row], MetricTable]:
    """Compute the measures of `asked`; the plan of `Reader.metrics`.

    Cells of hours before `oldest` (microseconds) are not used, and none at all where it is None.
    """
    if oldest is not None and may_serve(asked) and _asks_once(asked):
        known = yield from points(project_id, asked, oldest)
        if known is not None and len(known) <= MAX_POINTS:
            return _of_points(asked, known)
    if not asked.by:
        found = yield measured(project_id, asked, None)
        return table_of(asked, {((), False): _points(asked, found, 0)}, has_more=False)
    if asked.bucket is not None and _asks_once(asked):
        found = yield pointed(project_id, asked)
        if len(found) <= MAX_POINTS:
            return _of_points(asked, found)
    shown = asked.measures if asked.bucket is None else ()
    groups = yield ranked(project_id, asked, shown)
    has_more = len(groups) > asked.limit
    groups = groups[: asked.limit]
    size = len(asked.by)
    keys: list[Key] = [tuple(row[:size]) for row in groups]
    series: dict[tuple[Key, bool], dict[int, Values]] = {(key, False): {} for key in keys}
    if asked.bucket is None:
        for key, row in zip(keys, groups, strict=True):
            series[key, False][0] = _values(asked, row[size:])
    if asked.bucket is not None or (has_more and asked.with_other):
        found = yield measured(project_id, asked, keys, others_only=asked.bucket is None)
        _check(len(found))
        for is_top, *rest in found:
            where = (tuple(rest[:size]), False) if is_top else ((), True)
            series.setdefault(where, {})[rest[size]] = _values(asked, rest[size + 1 :])
    return table_of(asked, series, has_more=has_more)


def _asks_once(asked: MetricQuery) -> bool:
    """Say whether the values by bucket tell all else: which groups come first, what others hold."""
    if not asked.by:
        return True
    others = asked.measures if asked.with_other else ()
    order = () if asked.bucket is None else (asked.ranked_by,)
    return add_up(parts_of([*order, *others]))


def _of_points(asked: MetricQuery, found: Sequence[Row]) -> MetricTable:
    parts = point_parts(asked)
    size = len(asked.by)
    groups: dict[Key, dict[int, Raw]] = {}
    for row in found:
        points = groups.setdefault(tuple(row[:size]), {})
        points[row[size]] = dict(zip(parts, row[size + 1 :], strict=True))
    if not asked.by:
        groups.setdefault((), {})
    keys = _in_order(asked, groups)
    series: dict[tuple[Key, bool], dict[int, Values]] = {
        (key, False): {at: _measures(asked, raw) for at, raw in groups[key].items()}
        for key in keys[: asked.limit]
    }
    if not asked.by and asked.bucket is None and not groups[()]:
        series[(), False][0] = _nothing(asked)
    others: dict[int, list[Raw]] = {}
    for key in keys[asked.limit :] if asked.with_other else ():
        for at, raw in groups[key].items():
            others.setdefault(at, []).append(raw)
    if others:
        series[(), True] = {at: _measures(asked, together(raws)) for at, raws in others.items()}
    _check(sum(map(len, series.values())))
    return table_of(asked, series, has_more=len(keys) > asked.limit)


def _in_order(asked: MetricQuery, groups: dict[Key, dict[int, Raw]]) -> list[Key]:
    by = asked.ranked_by
    if not asked.by:
        return list(groups)
    values = {
        key: _value(
            by, next(iter(raws.values())) if asked.bucket is None else together([*raws.values()])
        )
        for key, raws in groups.items()
    }
    told = sorted(key for key in groups if values[key] is not None)
    told.sort(key=lambda key: values[key] or 0, reverse=asked.descending)
    return told + sorted(key for key in groups if values[key] is None)


def table_of(
    asked: MetricQuery, series: dict[tuple[Key, bool], dict[int, Values]], *, has_more: bool
) -> MetricTable:
    """Put the answer together from what each group (its key, whether it is of all others) holds.

    The groups are in their order; what one holds is by the start of the bucket. Buckets without
    anything are added where they are asked for.
    """
    starts = _filled(asked, series.values()) if asked.bucket is not None and asked.fill else None
    if starts is not None:
        _check(len(starts) * len(series))
    rows = [
        MetricRow(
            start=None if asked.bucket is None else from_micros(at),
            group={} if is_other else _named(asked, key),
            is_other=is_other,
            values=points[at] if at in points else _nothing(asked),
        )
        for (key, is_other), points in series.items()
        for at in (starts if starts is not None else sorted(points))
    ]
    return MetricTable(
        measures=[each.value for each in asked.measures],
        by=[each.value for each in asked.by],
        bucket=None if asked.bucket is None else asked.bucket.value,
        rows=rows,
        has_more=has_more,
    )


def too_many_points() -> InvalidError:
    """Say that the answer would be too long."""
    return InvalidError(
        f"the answer would have over {MAX_POINTS} rows; take a wider bucket, a shorter time or "
        "fewer groups"
    )


def _check(points: int) -> None:
    if points > MAX_POINTS:
        raise too_many_points()


def _filled(asked: MetricQuery, series: Iterable[dict[int, Values]]) -> Sequence[int]:
    """Give the start of each bucket of the time that was asked for, or in which there is any."""
    bucket: Bucket = asked.bucket or Bucket.HOUR
    held = [at for points in series for at in points]
    first = min(held, default=None) if asked.start_time is None else asked.start_time
    last = max(held, default=None) if asked.end_time is None else asked.end_time - 1
    if first is None or last is None:
        return []
    return range(bucket.start_of(first), last + 1, bucket.micros)


def _points(asked: MetricQuery, found: Sequence[Row], size: int) -> dict[int, Values]:
    _check(len(found))
    points = {row[1 + size]: _values(asked, row[2 + size :]) for row in found}
    if asked.bucket is None and not points:
        points[0] = _nothing(asked)
    return points


def _named(asked: MetricQuery, key: Key) -> dict[str, str | None]:
    return {each.value: value or None for each, value in zip(asked.by, key, strict=True)}


def _nothing(asked: MetricQuery) -> Values:
    return {
        each.value: (0.0 if each is Measure.COST else 0) if each.counts else None
        for each in asked.measures
    }


def _values(asked: MetricQuery, row: Sequence[Any]) -> Values:
    return _measures(asked, dict(zip(parts_of(asked.measures), row, strict=True)))


def _measures(asked: MetricQuery, raw: Raw) -> Values:
    return {measure.value: _value(measure, raw) for measure in asked.measures}


def _value(measure: Measure, raw: Raw) -> int | float | None:
    match measure.split("_"):
        case ["count"]:
            return int(raw["spans"])
        case ["error", "rate"]:
            return int(raw["errors"]) / int(raw["spans"])
        case ["cost", "usd"]:
            return int(raw["cost"]) / 10**9
        case [part, of, "ms"]:
            return _milliseconds(part, of, raw)
        case _:
            return int(raw[measure.value])


def _milliseconds(part: str, of: str, raw: Raw) -> float | None:
    known = int(raw[f"{of}_known"])
    if not known:
        return None
    if part == "avg":
        return int(raw[f"{of}_sum"]) / (known * 1000)
    if part in {"min", "max"}:
        return float(raw[f"{of}_{part}"])
    at = PERCENTILES.index(int(part.removeprefix("p")))
    # Zero has lost its sign on the way.
    return 0.0 - float(raw[f"{of}_percentiles"][at])
