"""Two traces compared, shown span by span."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prela_core.analysis import Difference, SpanDiff, TraceDiff
from prela_core.notebook import frames
from prela_core.notebook.pictured import SHOWN, Pictured
from prela_core.text import figures
from prela_core.text.table import Column

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Comparison"]

_FACTS = ("span_id", "status", "model", "duration_ms", "input_tokens", "output_tokens",
          "cost_usd", "input", "output")  # fmt: skip
_BAD = frozenset({Difference.SLOWER, Difference.DEARER})
_GOOD = frozenset({Difference.FASTER, Difference.CHEAPER})


class Comparison(Pictured):
    """What one trace did otherwise than another; `diff` has it as a value.

    It shows the spans that differ; the frames have all spans of both traces, a row each, with
    what either says of it in columns that begin with `before_` and `after_`.
    """

    def __init__(self, diff: TraceDiff) -> None:
        self.diff = diff

    @property
    def changed(self) -> list[SpanDiff]:
        """The spans that differ."""
        return [each for each in self.diff.spans if each.differences]

    def arrow(self) -> pa.Table:
        """Give all spans of both traces as an Arrow table."""
        arrow = frames.needed("pyarrow")
        spans = self.diff.spans
        columns: dict[str, Any] = {
            "depth": arrow.array([each.depth for each in spans], arrow.int64()),
            "span_type": arrow.array([each.span_type for each in spans], arrow.string()),
            "name": arrow.array([each.name for each in spans], arrow.string()),
            "differences": arrow.array(
                [[str(word) for word in each.differences] for each in spans],
                arrow.list_(arrow.string()),
            ),
        }
        forms = {"duration_ms": arrow.float64(), "cost_usd": arrow.float64()}
        forms |= dict.fromkeys(("input_tokens", "output_tokens"), arrow.int64())
        for side in ("before", "after"):
            for fact in _FACTS:
                values = [getattr(getattr(each, side), fact, None) for each in spans]
                columns[f"{side}_{fact}"] = arrow.array(values, forms.get(fact, arrow.string()))
        return arrow.table(columns)

    def _columns(self) -> list[Column]:
        shown = self.changed[:SHOWN]
        if not shown:
            return []
        return [
            Column("", ["·" if each.before and each.after else _sign(each) for each in shown]),
            Column("span", ["  " * each.depth + each.name for each in shown], flexible=True),
            Column("type", [each.span_type for each in shown]),
            Column(
                "differs",
                [", ".join(each.differences) for each in shown],
                flexible=True,
                tones=[_tone(each) for each in shown],
            ),
            Column("time", [_change(each, _time) for each in shown], right=True),
            Column("cost", [_change(each, _cost) for each in shown], right=True),
            Column("model", [_change(each, _model) for each in shown], flexible=True),
        ]

    def _note(self) -> str:
        diff = self.diff
        totals = (
            f"{figures.duration(diff.before.duration_ms)} → "
            f"{figures.duration(diff.after.duration_ms)}, "
            f"{figures.dollars(diff.before.cost_usd)} → {figures.dollars(diff.after.cost_usd)}"
        )
        if not self.changed:
            return f"no span differs ({totals})"
        counts = ", ".join(f"{figures.count(n)} {word}" for word, n in diff.counts.items())
        more = f"; the first {SHOWN} are shown" if len(self.changed) > SHOWN else ""
        return f"{counts} ({totals}){more}"


def _sign(span: SpanDiff) -> str:
    return "-" if span.after is None else "+"


def _tone(span: SpanDiff) -> str:
    now_fails = span.after is not None and span.after.status == "error"
    if _BAD & set(span.differences) or (now_fails and Difference.STATUS in span.differences):
        return "bad"
    return "good" if _GOOD & set(span.differences) else ""


def _change(span: SpanDiff, told: Any) -> str:
    sides = [told(side) if side is not None else "" for side in (span.before, span.after)]
    if sides[0] == sides[1]:
        return str(sides[0])
    return " → ".join(side or "none" for side in sides)


def _time(side: Any) -> str:
    return figures.duration(side.duration_ms)


def _cost(side: Any) -> str:
    return figures.dollars(side.cost_usd)


def _model(side: Any) -> str:
    return side.model or ""
