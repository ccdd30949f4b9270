"""Tables of what was found, as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from prela_core.html.markup import Markup, tag
from prela_core.html.style import styled
from prela_core.text.plain import clean
from prela_core.text.table import Column

__all__ = ["table_html"]

_SHEET = """\
.prela .scroll{overflow-x:auto}
.prela table{border-collapse:collapse;margin:0;border:0;font-size:13px;min-width:40%}
.prela thead{border:0}
.prela th{font-weight:600;color:var(--dim);border:0;border-bottom:1px solid var(--line);
padding:4px 12px 4px 2px;text-align:left;white-space:nowrap;background:none}
.prela tbody tr,.prela tbody tr:nth-child(odd){background:none}
.prela tbody tr:hover{background:var(--soft)}
.prela td{border:0;border-bottom:1px solid var(--line);padding:4px 12px 4px 2px;text-align:left;
max-width:34em;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;
font-variant-numeric:tabular-nums}
.prela td.wide{white-space:normal;overflow-wrap:anywhere;min-width:18em}
.prela th.right,.prela td.right{text-align:right}
.prela mark{background:var(--mark);color:inherit;border-radius:2px}
"""

_LONG = 60
"""Characters; a longer text is laid on several lines."""


def table_html(columns: Sequence[Column], note: str = "") -> str:
    """Give a table of `columns`, which have as many cells each, with `note` below it."""
    head = Markup("").join(
        tag("th", clean(each.title), scope="col", class_="right" if each.right else False)
        for each in columns
    )
    rows = [
        tag("tr", Markup("").join(_cell(column, at) for column in columns))
        for at in range(len(columns[0].cells) if columns else 0)
    ]
    body = tag("thead", tag("tr", head)) + tag("tbody", Markup("").join(rows))
    shown = tag("div", tag("table", body), class_="scroll")
    if note:
        shown += tag("div", note, class_="note")
    return str(styled(_SHEET, shown))


def _cell(column: Column, at: int) -> Markup:
    text = column.cells[at]
    names = [column.tones[at]] if column.tones and column.tones[at] else []
    if column.right:
        names.append("right")
    elif len(text) > _LONG:
        names.append("wide")
    whole = clean(column.whole[at]) if column.whole and column.whole[at] != text else False
    # A row of `Markup` is HTML already: an excerpt with its words marked.
    shown = text if isinstance(text, Markup) else clean(text)
    return tag("td", shown, class_=" ".join(names) or False, title=whole)
