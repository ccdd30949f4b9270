"""Spans to a file, one JSON object a line: what `prela ingest` reads."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import msgspec

from prela_core.model import Span
from prela_core.wire.encode import span_to_json

__all__ = ["JsonlExporter"]


class JsonlExporter:
    """Appends spans to the file at `path`, which is made when the first ones come.

    The lines of one call are written as one piece, so threads and processes that append to the
    same file do not mix theirs. Raises `OSError` when the file can't be written.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()

    def __call__(self, spans: Sequence[Span]) -> None:
        """Append `spans`; they are in the file (not necessarily on the disk) on return."""
        if not spans:
            return
        lines = b"".join(msgspec.json.encode(span_to_json(span)) + b"\n" for span in spans)
        with self._lock, self._path.open("ab", buffering=0) as file:
            left = memoryview(lines)
            while left:
                left = left[file.write(left) :]
