"""How long the library and the command line take to start: medians of ten runs.

python tests/bench/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 10

WHAT = {
    "python, doing nothing": ["-c", ""],
    "import prela_core": ["-c", "import prela_core"],
    "prela --help": ["-m", "prela_cli", "--help"],
    "prela serve --help": ["-m", "prela_cli", "serve", "--help"],
    "prela query --help": ["-m", "prela_cli", "query", "--help"],
}


def main() -> None:
    seconds: dict[str, list[float]] = {name: [] for name in WHAT}
    for arguments in WHAT.values():  # once without a watch, for the compiled files
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    for _ in range(RUNS):
        for name, arguments in WHAT.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - began)
    floor = statistics.median(seconds["python, doing nothing"])
    print(f"| what, median of {RUNS} | ms | ms beyond Python's own |\n|---|---|---|")
    for name, taken in seconds.items():
        median = statistics.median(taken)
        print(f"| {name} | {median * 1000:.0f} | {(median - floor) * 1000:.0f} |")


if __name__ == "__main__":
    main()
