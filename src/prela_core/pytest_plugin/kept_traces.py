"""Traces of failing tests, kept as files that `prela ingest` reads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from prela_core.io.jsonl_exporter import JsonlExporter
from prela_core.model import Span

__all__ = ["keep"]

_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST_NAME = 80


def keep(directory: Path, test: str, spans: Sequence[Span]) -> Path:
    """Write `spans` of the test with the id `test` to a file of its own, and give its path.

    What was kept of an earlier run of the test is replaced. Raises `OSError`, and
    `UnavailableError` where the disk is full.
    """
    directory.mkdir(parents=True, exist_ok=True)
    # Ids that differ only in what a file's name can't have must not share a file.
    mark = hashlib.sha256(test.encode()).hexdigest()[:8]
    path = directory / f"{_UNSAFE.sub('-', test)[-_LONGEST_NAME:].lstrip('-.')}-{mark}.jsonl"
    path.unlink(missing_ok=True)
    JsonlExporter(path)(spans)
    return path
