"""Compare ClickHouse table designs for spans that arrive more than once.

Every design holds the same seeded data, inserted side by side (each block goes to every design
in turn), so that the ratios survive a noisy machine.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from checking import check
from designs import DESIGNS, Design
from ingesting import ingest
from loading import load, optimize
from reading import readers
from timing import cold, cold_one, query

__all__ = ["main"]

_DESIGNS = """designs:
  A  ReplacingMergeTree, key (project_id, trace_id, span_id), read with FINAL
  B  ReplacingMergeTree, key (project_id, toDate(started_at), trace_id, span_id)
  C  MergeTree,          key (project_id, started_at, trace_id, span_id)
  E  A with granules of 1,024 rows

Design D is trace_days: one row per day and trace, fed by a view, which proposes candidates for
the pages of every design. B also uses trace_seen, the slim map of (trace, day)."""


def _design(letter: str) -> Design:
    if letter not in DESIGNS:
        raise argparse.ArgumentTypeError(f"no design {letter!r}: one of {', '.join(DESIGNS)}")
    return DESIGNS[letter]


def _designs(letters: str) -> list[Design]:
    return [_design(letter) for letter in letters.split(",") if letter]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="store_designs",
        description=__doc__,
        epilog=_DESIGNS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, say: str, *, text: bool = False) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=say, description=say)
        made.add_argument("--dir", type=Path, required=True, help="where the tables are")
        if name not in {"ingest", "readers"}:
            made.add_argument("--designs", type=_designs, default="A,B,C")
        if text:
            said = "designs that carry the text index"
            made.add_argument("--text", type=_designs, default="", help=said)
        return made

    loading = command("load", "make the tables and fill them", text=True)
    loading.add_argument("--spans", type=int, default=3_000_000)
    loading.add_argument("--block", type=int, default=20_000, help="spans an insert")
    loading.add_argument(
        "--index-on",
        type=_design,
        default="B",
        help="design that feeds trace_days and trace_seen; pages need it among the designs",
    )
    loading.add_argument("--stop-merges", action="store_true")

    timing = command("query", "time each question warm, designs in turn", text=True)
    timing.add_argument("--runs", type=int, default=7)
    timing.add_argument("--label", default="unmerged", help="printed in the table's head")
    timing.add_argument("--only", default="", help="beginnings of names, as 2,6a")

    command("optimize", "merge everything that can be merged")
    command("check", "compare every answer with an argMax oracle", text=True)

    starting = command("cold", "time the first run in a new process")
    starting.add_argument("--only", default="", help="one question by its name, in this process")
    starting.add_argument("--trace", default="", help="with --only: the trace to fetch")

    command("ingest", "time inserts by set of indexes, and searches on unmerged parts")
    reading = command("readers", "fetch traces beside a writer; adds spans to the design")
    reading.add_argument("--design", type=_design, default="B")
    return parser


def main() -> None:
    options = vars(_parser().parse_args())
    name, folder = options.pop("command"), options.pop("dir")
    match name:
        case "load":
            load(folder, options.pop("designs"), with_text=options.pop("text"), **options)
        case "query":
            only = [start for start in options.pop("only").split(",") if start]
            with_text = options.pop("text")
            query(folder, options.pop("designs"), with_text=with_text, only=only, **options)
        case "optimize":
            optimize(folder, options["designs"])
        case "check":
            check(folder, options["designs"], with_text=options["text"])
        case "cold" if options["only"]:
            cold_one(folder, options["designs"][0], options["only"], options["trace"])
        case "cold":
            cold(folder, options["designs"])
        case "ingest":
            ingest(folder)
        case "readers":
            readers(folder, options["design"])


if __name__ == "__main__":
    main()
