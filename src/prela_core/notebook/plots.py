"""Plots of what was found, as Altair charts that can be changed further."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from prela_core.errors import InvalidError
from prela_core.model import to_micros, to_rfc3339
from prela_core.notebook import frames
from prela_core.store import StoredSpan, TraceSummary

if TYPE_CHECKING:
    import altair as alt
    import pyarrow as pa

__all__ = ["plot_spans", "plot_table", "plot_traces"]

_MOST_POINTS = 5000
"""More make a notebook heavy, and a picture no clearer."""

_WIDTH, _HEIGHT, _BAR = 620, 240, 22
_LEAST_MS = 0.001
_FEW_POWERS = 2
_COLOURS = (
    "#2f6fed", "#c2690a", "#15914a", "#7c3aed", "#cc2f7b", "#0b83a5", "#5c8a14", "#788296",
)  # fmt: skip
_TYPES = {
    "agent": "#7c3aed",
    "chain": "#a03ec7",
    "llm": "#2f6fed",
    "tool": "#c2690a",
    "retrieval": "#15914a",
    "embedding": "#0e8a80",
    "reranker": "#5c8a14",
    "guardrail": "#0b83a5",
    "evaluator": "#cc2f7b",
    "custom": "#788296",
}
"""As in the waterfall."""

_STATUS = {"success": "#15914a", "error": "#c8191f", "pending": "#a15c07"}
_DURATION = (
    "datum.value >= 60000 ? format(datum.value / 60000, '~r') + ' min'"
    " : datum.value >= 1000 ? format(datum.value / 1000, '~r') + ' s'"
    " : format(datum.value, '~r') + ' ms'"
)
_UNITS = ("_ms", "_usd")


def plot_traces(traces: Sequence[TraceSummary]) -> alt.Chart:
    """Draw when traces began and how long they took, failed ones told by their colour."""
    vega = frames.needed("altair")
    rows = [
        {
            "started": _moment(each.started_at),
            "duration": max(each.duration_ms, _LEAST_MS),
            "status": each.status,
            "name": each.name,
            "spans": each.span_count,
            "cost": each.cost_usd,
            "trace": each.trace_id,
        }
        for each in traces[:_MOST_POINTS]
    ]
    colour = vega.Color("status:N").scale(domain=list(_STATUS), range=list(_STATUS.values()))
    told = ["name:N", "status:N", "spans:Q", vega.Tooltip("cost:Q").format("$.4f"), "trace:N"]
    return _points(vega, rows, colour, told)


def plot_spans(spans: Sequence[StoredSpan]) -> alt.Chart:
    """Draw when spans began and how long they took, their types told by their colour."""
    vega = frames.needed("altair")
    rows = [
        {
            "started": _moment(each.started_at),
            "duration": max(each.duration_ms, _LEAST_MS),
            "type": each.span_type,
            "status": each.status,
            "name": each.name,
            "model": each.model,
            "span": each.span_id,
        }
        for each in spans[:_MOST_POINTS]
    ]
    types = sorted({each.span_type for each in spans})
    colours = [_TYPES.get(each, _TYPES["custom"]) for each in types]
    colour = vega.Color("type:N").scale(domain=types, range=colours)
    return _points(vega, rows, colour, ["name:N", "type:N", "status:N", "model:N", "span:N"])


def plot_table(table: pa.Table, measure: str | None) -> alt.Chart:
    """Draw a measure by group: over time where the table tells it, else as bars.

    `measure` names a column of numbers, by default the first. Raises `InvalidError` where there
    is none such.
    """
    vega = frames.needed("altair")
    arrow = frames.needed("pyarrow")
    numeric = [
        field.name
        for field in table.schema
        if arrow.types.is_integer(field.type) or arrow.types.is_floating(field.type)
    ]
    shown = measure or next(iter(numeric), "a number")
    if shown not in numeric:
        known = ", ".join(numeric) or "none"
        raise InvalidError(f"there is no column of numbers named {shown}; there are {known}")
    when = next((each.name for each in table.schema if arrow.types.is_temporal(each.type)), None)
    texts = [each.name for each in table.schema if arrow.types.is_string(each.type)]
    rows = [
        {
            "group": " · ".join(row[name] or "(none)" for name in texts),
            "value": row[shown],
            **({"when": _moment(row[when])} if when and row[when] else {}),
        }
        for row in table.slice(0, _MOST_POINTS).to_pylist()
    ]
    chart = vega.Chart(vega.Data(values=rows))
    title = _title(shown)
    axis = _axis(vega, shown)
    told = [vega.Tooltip("value:Q").title(title).format(",.4~g")]
    if texts:
        told.insert(0, vega.Tooltip("group:N").title(", ".join(map(_title, texts))))
    if when:
        x = vega.X("when:T").title(None).scale(type="utc")
        y = vega.Y("value:Q").title(title).axis(axis)
        drawn = chart.mark_line(point=True).encode(x=x, y=y, tooltip=[_when(vega, "when"), *told])
        if texts:
            colour = vega.Color("group:N").title(", ".join(map(_title, texts)))
            drawn = drawn.encode(color=colour.scale(range=list(_COLOURS)))
        else:
            drawn = drawn.encode(color=vega.value(_COLOURS[0]))
        over_time: alt.Chart = drawn.properties(width=_WIDTH, height=_HEIGHT)
        return over_time
    x = vega.X("value:Q").title(title).axis(axis)
    y = vega.Y("group:N").title(", ".join(map(_title, texts)) or None).sort(None)
    bars = chart.mark_bar(color=_COLOURS[0]).encode(x=x, y=y, tooltip=told)
    by_group: alt.Chart = bars.properties(width=_WIDTH, height=vega.Step(_BAR))
    return by_group


def _points(vega: Any, rows: list[dict[str, Any]], colour: Any, told: list[Any]) -> alt.Chart:
    chart: alt.Chart = (
        vega.Chart(vega.Data(values=rows))
        .mark_circle(size=42, opacity=0.65)
        .encode(
            x=vega.X("started:T").title(None).scale(type="utc"),
            y=vega.Y("duration:Q")
            .title("duration")
            .scale(type="log")
            .axis(vega.Axis(labelExpr=_DURATION, values=_marks(rows))),
            color=colour,
            tooltip=[_when(vega, "started"), vega.Tooltip("duration:Q").format(",.1f"), *told],
        )
        .properties(width=_WIDTH, height=_HEIGHT)
    )
    return chart


def _marks(rows: list[dict[str, Any]]) -> list[float]:
    """Give round durations, one or two to a power of ten, around those of `rows`."""
    durations = [row["duration"] for row in rows] or [1.0]
    powers = range(math.floor(math.log10(min(durations))), math.ceil(math.log10(max(durations))))
    steps = (1, 3) if len(powers) > _FEW_POWERS else (1, 2, 5)
    return [step * 10.0**power for power in powers for step in steps] + [10.0**powers.stop]


def _axis(vega: Any, name: str) -> Any:
    if name.endswith("_ms"):
        return vega.Axis(labelExpr=_DURATION)
    if name.endswith("_usd"):
        return vega.Axis(format="$~f")
    return vega.Axis(format=".0%") if name.endswith("_rate") else vega.Axis(format="~s")


def _when(vega: Any, name: str) -> Any:
    return vega.Tooltip(f"utcyearmonthdatehoursminutesseconds({name}):T").title("UTC")


def _title(name: str) -> str:
    for unit in _UNITS:
        name = name.removesuffix(unit)
    return name.replace("_", " ")


def _moment(moment: datetime) -> str:
    return to_rfc3339(to_micros(moment))
