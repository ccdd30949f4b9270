"""Write the weekly outputs anew: `python -m examples.agents.write`."""

from __future__ import annotations

import logging

import anyio

from examples.agents.running import lived
from examples.agents.settings import HERE
from examples.agents.weekly import files

__all__ = ["WEEKLY"]

WEEKLY = HERE / "weekly"


def main() -> None:
    """Live through the fortnight and write what comes out; what is no longer made is removed."""
    logging.disable(logging.INFO)  # each request is a line
    found = files(anyio.run(lived))
    for old in WEEKLY.rglob("*.*"):
        if old.relative_to(WEEKLY).as_posix() not in found:
            old.unlink()
    for path, text in found.items():
        file = WEEKLY / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        print(file.relative_to(HERE))


if __name__ == "__main__":
    main()
