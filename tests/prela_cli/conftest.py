from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result

from prela_cli import moments, source
from prela_cli.main import prela
from prela_core.analysis.reading import Analyses
from prela_core.store import (
    MetricQuery,
    MetricTable,
    OpenTrace,
    Order,
    Page,
    PageRequest,
    SearchHit,
    SpanFilter,
    SpanOrder,
    StoredSpan,
    TraceDetail,
    TraceFilter,
    TraceSummary,
)
from prela_core.store.summary import open_whole
from prela_core.testing.factories import NOON
from prela_core.testing.metrics import tabulate

Run = Callable[..., Result]


@attrs.define
class FakeReader(Analyses):
    """A reader that answers what it was given, and keeps what it was asked."""

    details: list[TraceDetail] = attrs.field(factory=list)
    hits: list[SearchHit] = attrs.field(factory=list)
    next_cursor: str | None = None
    error: Exception | None = None
    asked: list[Any] = attrs.field(factory=list)
    opened: list[tuple[Path, str | None, str | None]] = attrs.field(factory=list)
    is_open: bool = False

    def traces(
        self, project_id: str, where: TraceFilter, order: Order, page: PageRequest
    ) -> Page[TraceSummary]:
        self._ask(project_id, where, order, page)
        rows: list[TraceSummary] = [
            TraceSummary(**{f.name: getattr(one, f.name) for f in attrs.fields(TraceSummary)})
            for one in self.details
        ]
        return Page(items=rows[: page.limit], next_cursor=self.next_cursor)

    def trace(self, project_id: str, trace_id: str) -> TraceDetail | None:
        self._ask(project_id, trace_id)
        return next((one for one in self.details if one.trace_id == trace_id), None)

    def open_trace(self, project_id: str, trace_id: str) -> OpenTrace | None:
        whole = self.trace(project_id, trace_id)
        return None if whole is None else open_whole(whole, 2)

    def spans(self, project_id: str, trace_id: str, page: PageRequest) -> Page[StoredSpan] | None:
        self._ask(project_id, trace_id, page)
        trace = self.trace(project_id, trace_id)
        if trace is None:
            return None
        at = int(page.cursor or 0)
        # Small pages, so that following the cursor is seen to work.
        more = str(at + 2) if at + 2 < len(trace.spans) else None
        return Page(items=trace.spans[at : at + 2], next_cursor=more)

    def search(self, project_id: str, where: TraceFilter, page: PageRequest) -> Page[SearchHit]:
        self._ask(project_id, where, page)
        return Page(items=self.hits, next_cursor=self.next_cursor)

    def find_spans(
        self, project_id: str, where: SpanFilter, order: SpanOrder, page: PageRequest
    ) -> Page[StoredSpan]:
        self._ask(project_id, where, order, page)
        found = [span for one in self.details for span in one.spans]
        return Page(items=found[: page.limit], next_cursor=self.next_cursor)

    def metrics(self, project_id: str, asked: MetricQuery) -> MetricTable:
        self._ask(project_id, asked)
        return self.metrics_of(asked)

    def metrics_of(self, asked: MetricQuery) -> MetricTable:
        return tabulate([one.spans for one in self.details], asked)

    def ping(self) -> None:
        self._ask()

    def _ask(self, *what: Any) -> None:
        assert self.is_open
        self.asked.append(what)
        if self.error is not None:
            raise self.error


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> FakeReader:
    """What the commands read from, in the place of a store or a server."""
    fake = FakeReader()

    @contextmanager
    def opened(data_dir: Path, url: str | None, api_key: str | None) -> Iterator[FakeReader]:
        fake.opened.append((data_dir, url, api_key))
        fake.is_open = True
        try:
            yield fake
        finally:
            fake.is_open = False

    monkeypatch.setattr(source, "open_source", opened)
    return fake


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run `prela` with arguments, at noon, away from the environment's settings."""
    monkeypatch.setattr(moments, "now", lambda: NOON)
    for name in ("PRELA_DATA_DIR", "PRELA_URL", "PRELA_API_KEY", "PRELA_DEBUG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PRELA_CONFIG_DIR", str(tmp_path / "config"))

    def run(*arguments: str, **env: str) -> Result:
        return CliRunner().invoke(prela, arguments, env=env or None, prog_name="prela")

    return run
