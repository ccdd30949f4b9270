"""Dead letters as a table, and one of them in lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from prela_cli.render.plain import clean

__all__ = ["letter_lines", "letters_table"]


def letters_table(letters: Iterable[Mapping[str, Any]]) -> Table:
    """Show one letter a row, replayed ones dimmed; times in UTC to the second."""
    table = Table("place", "given up", "from", "project", "spans", "reason", box=None)
    for letter in letters:
        table.add_row(
            # Text, because rich would read square brackets in a plain string as markup.
            *(
                Text(clean(cell))
                for cell in (
                    letter["place"],
                    (letter["at"] or "-")[:19].replace("T", " "),
                    letter["from"] or "-",
                    letter["project_id"] or "-",
                    "-" if letter["spans"] is None else str(letter["spans"]),
                    letter["reason"] or "-",
                )
            ),
            style="dim" if letter["replayed"] else None,
        )
    return table


def letter_lines(letter: Mapping[str, Any]) -> Iterator[str]:
    """Show all that is known of a letter but its bytes."""
    yield f"{letter['place']}{'  (sent again)' if letter['replayed'] else ''}"
    yield f"  reason    {letter['reason'] or '-'}"
    yield f"  given up  {letter['at'] or '-'}"
    yield f"  from      {letter['from'] or letter['topic']}"
    if letter["cut"]:
        yield "  record    too large for a letter: it is only where it was, as long as that is kept"
    elif letter["spans"] is None:
        yield f"  record    {letter['bytes']:,} bytes that can't be decoded"
    else:
        yield f"  project   {letter['project_id']}"
        held = f"{letter['spans']} spans, {letter['traces']} traces"
        yield f"  record    {letter['bytes']:,} bytes: {held}"
    for name, value in letter["headers"].items():
        yield f"  {name:<9} {value}"
    for span in letter["held"]:
        yield f"  span      {span['trace_id']} {span['span_id']} {span['name']}"
    if letter["spans"] and letter["spans"] > len(letter["held"]):
        yield f"  ... and {letter['spans'] - len(letter['held'])} more"
