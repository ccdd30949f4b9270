"""Traces as trees of text on a terminal, each when it has finished."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from prela_core.io.process_lock import ProcessLock
from prela_core.model import Span
from prela_core.text import trace_tree_text
from prela_core.text.glyphs import UNICODE

__all__ = ["ConsoleExporter"]

_SPANS_KEPT = 10_000
_TRACES_REMEMBERED = 1000
_PLAIN_WIDTH = 100
_PROBE = f"{UNICODE.success}{UNICODE.error}{UNICODE.branch}{UNICODE.last}{UNICODE.ellipsis}"


class ConsoleExporter:
    """Writes each trace to `stream` (standard error, if None) when its root has come.

    A root is a span without a parent. Spans that come after it are shown when they come; those
    whose root does not come, as that of a trace which began in another program, at `close()`,
    or when more than 10,000 spans wait. Colours are for terminals, and none are used where
    `NO_COLOR` is set; a stream whose encoding knows no lines and marks gets ASCII.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lock = ProcessLock()
        self._waiting: dict[str, list[Span]] = {}
        self._count = 0
        self._shown: dict[str, None] = {}

    def __call__(self, spans: Sequence[Span]) -> None:
        """Take `spans`, and show the traces of which the root has come."""
        with self._lock:
            finished: dict[str, None] = {}
            for span in spans:
                self._waiting.setdefault(span.trace_id, []).append(span)
                if not span.parent_span_id or span.trace_id in self._shown:
                    finished[span.trace_id] = None
            self._count += len(spans)
            self._show(finished)
            while self._count > _SPANS_KEPT:
                self._show([next(iter(self._waiting))])

    def close(self) -> None:
        """Show what still waits for a root."""
        with self._lock:
            self._show(list(self._waiting))

    def _show(self, trace_ids: Iterable[str]) -> None:
        spans: list[Span] = []
        for trace_id in trace_ids:
            spans += self._waiting.pop(trace_id)
            self._shown[trace_id] = None
        while len(self._shown) > _TRACES_REMEMBERED:
            del self._shown[next(iter(self._shown))]
        self._count -= len(spans)
        if spans:
            self._write(spans)

    def _write(self, spans: list[Span]) -> None:
        # Looked up now: tests and notebooks put others in its place while a program runs.
        stream = self._stream or sys.stderr
        is_terminal = stream.isatty()
        encoding = getattr(stream, "encoding", None) or "utf-8"
        text = trace_tree_text(
            spans,
            width=shutil.get_terminal_size().columns if is_terminal else _PLAIN_WIDTH,
            unicode=_can_say(encoding),
            colour=is_terminal and not os.environ.get("NO_COLOR"),
        )
        stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        stream.flush()


def _can_say(encoding: str) -> bool:
    try:
        _PROBE.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
