"""`python -m examples.support_desk`: record the two days into a file."""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path

import msgspec

from examples.support_desk.traffic import record
from prela_core.wire.encode import span_to_json

__all__ = ["FILE", "recorded"]

FILE = Path(__file__).parents[1] / "notebooks" / "support_desk.jsonl.gz"

_HERE = f"{Path(__file__).parents[2]}/".encode()
_MARKS = re.compile(rb"\\n +[~^]+(?=\\n)")
"""The lines below the code in a stack trace, which each version of Python draws in its own way."""


def recorded() -> bytes:
    """Give the recording: a span a line, the same wherever this is and on any Python."""
    lines = b"".join(msgspec.json.encode(span_to_json(span)) + b"\n" for span in record())
    return _MARKS.sub(b"", lines.replace(_HERE, b""))


def main() -> None:
    """Write the file that is named, or the one that the notebooks read."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    lines = recorded()
    # Without a moment in its head, the file is the same each time.
    file.write_bytes(gzip.compress(lines, compresslevel=9, mtime=0))
    print(f"{len(lines.splitlines()):,} spans written to {file}")


if __name__ == "__main__":
    main()
