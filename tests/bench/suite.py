"""The whole suite in one run: tables, plots and figures to keep.

    python tests/bench/suite.py small                     # some minutes; prints, and keeps nothing
    python tests/bench/suite.py full --keep docs/bench    # an hour and a half
    python tests/bench/suite.py small --only run,peers

Runs the programs of this folder one after the other, for they would disturb each other. Those of
`full` take the figures that `docs/benchmarks.md` tells, and Prela, the engine and the peers are in
one run. With `--keep`, Markdown, JSON and SVG are written to a folder.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from plots import plot
from reporting import table

__all__ = ["main"]

HERE = Path(__file__).parent
PROGRAMS: dict[str, dict[str, list[str]]] = {
    "small": {
        "startup": [],
        "run": ["--spans", "20000", "--rounds", "1", "--stored", "50000"],
        "peers": [
            *("--spans", "2000", "--singles", "100", "--lost", "1000", "--asked", "10"),
            "--no-cold",
        ],
    },
    "full": {
        "startup": ["--load", "20"],
        "run": [],
        "peers": [],
        "growth": [],
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("size", nargs="?", choices=list(PROGRAMS), default="small")
    parser.add_argument("--only", default="", help="programs, with commas between")
    parser.add_argument("--keep", type=Path, help="a folder for tables, figures and plots")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else list(PROGRAMS[options.size])
    failed = []
    with tempfile.TemporaryDirectory() as place:
        folder = options.keep or Path(place)
        for name in wanted:
            began = time.monotonic()
            print(f"## {name}.py\n", flush=True)
            words = [*PROGRAMS[options.size].get(name, []), "--json", str(folder / f"{name}.json")]
            done = subprocess.run([sys.executable, HERE / f"{name}.py", *words], check=False)
            if done.returncode:
                failed.append(name)  # the others still say what they have to
                continue
            document = json.loads((folder / f"{name}.json").read_text())
            if options.keep:
                (folder / f"{name}.md").write_text(page(document))
                plot(document, folder)
            print(f"({time.monotonic() - began:.0f} s)\n", flush=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def page(document: dict[str, Any]) -> str:
    """Give the tables of one program as a Markdown page."""
    given = " ".join(
        f"--{name} {','.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in document["options"].items()
        if value not in (None, "")
    )
    parts = [f"# {document['program']}.py", document["machine"], f"`{given}`"]
    for each in document["tables"].values():
        parts += [f"{each['title']}:", table(each["rows"])]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
