"""Plots of what the programs measured, as SVG.

python tests/bench/plots.py docs/bench    # anew from the figures that are kept there
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import altair as alt

__all__ = ["plot"]

_WIDTH = 460
_COLOURS = {"scheme": "tableau10"}


def plot(document: dict[str, Any], folder: Path) -> list[Path]:
    """Draw what there is to draw of a program's figures; gives the files."""
    tables = {name: each["rows"] for name, each in document["tables"].items()}
    charts: dict[str, alt.TopLevelMixin] = {}
    match document["program"]:
        case "run":
            charts["ingest"] = _bars(tables["ingest"], "what", "visible/s", "visible spans/s")
            served = [row for row in tables["ingest"] if "accepted/s" in row]
            charts["cpu"] = _bars(served, "what", "CPU µs/span", "CPU of the server, µs a span")
        case "peers":
            charts["peers-ingest"] = _bars(
                tables["ingest"], "what", "visible/s", "visible spans/s (logarithmic)", log=True
            )
            asked = [
                {**row, "asked": f"{row['question']}: {row['what']}"} for row in tables["questions"]
            ]
            charts["peers-questions"] = _bars(
                asked, "asked", "warm p50 ms", "ms, warm, median (logarithmic)", log=True
            )
        case "growth":
            for name, rows in tables.items():
                first = next(iter(rows[0]))
                charts[f"growth-{name}"] = _lines(rows, first)
    files = []
    for name, chart in charts.items():
        folder.mkdir(parents=True, exist_ok=True)
        files.append(folder / f"{name}.svg")
        chart.save(str(files[-1]))
    return files


def _bars(
    rows: list[dict[str, Any]], name: str, value: str, title: str, *, log: bool = False
) -> alt.Chart:
    """Draw one bar for each row, in the order of the table."""
    scale = alt.Scale(type="log") if log else alt.Scale()
    values = [{"name": row[name].replace("`", ""), "value": row[value]} for row in rows]
    chart = alt.Chart(alt.Data(values=values), width=_WIDTH)
    # On a logarithmic scale a bar's length means nothing.
    drawn = chart.mark_point(filled=True, size=90) if log else chart.mark_bar()
    return drawn.encode(
        x=alt.X("value:Q", title=title, scale=scale),
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=360)),
        color=alt.Color("name:N", legend=None, scale=alt.Scale(**_COLOURS)),
    )


def _lines(rows: list[dict[str, Any]], first: str) -> alt.TopLevelMixin:
    """Draw, one beside the other, every figure of a table over its first column."""
    shown = [
        name for name in ("visible/s", "CPU µs/span", "p99 ms", "newest 50, ms") if name in rows[0]
    ]

    def one(name: str) -> alt.Chart:
        values = [{"x": row[first], "y": row[name]} for row in rows]
        return (
            alt.Chart(alt.Data(values=values), width=200, height=160, title=name)
            .mark_line(point=True)
            .encode(
                x=alt.X("x:Q", title=first, scale=alt.Scale(type="log")),
                y=alt.Y("y:Q", title=None, scale=alt.Scale(zero=True)),
            )
        )

    return alt.hconcat(*map(one, shown))


def main() -> None:
    folder = Path(sys.argv[1])
    for figures in sorted(folder.glob("*.json")):
        for made in plot(json.loads(figures.read_text()), folder):
            print(made)


if __name__ == "__main__":
    main()
