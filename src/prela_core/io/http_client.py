"""A Prela server as seen from a program: the questions of the store's port, and sending."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from prela_core.analysis import AgentGraph, CriticalPath, TraceDiff
from prela_core.errors import NotFoundError, UnavailableError
from prela_core.io.http_connection import connect
from prela_core.io.http_deletions import HttpDeletions
from prela_core.io.http_errors import raise_for_problem, translated
from prela_core.io.http_parameters import (
    cursor_parameter,
    filter_parameters,
    group_parameters,
    metric_parameters,
    page_parameters,
)
from prela_core.io.retries import attempted
from prela_core.io.url_login import without_login
from prela_core.model import to_rfc3339
from prela_core.store import (
    Arrivals,
    ArrivalsRequest,
    GroupQuery,
    GroupSummary,
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
from prela_core.store.export import ExportForm, Selection
from prela_core.store.groups import LISTS
from prela_core.store.sql import SqlQuestion
from prela_core.store.summary import open_whole
from prela_core.wire.otlp_forms import OtlpForm

__all__ = ["HttpClient"]

T = TypeVar("T")
Sent = str | list[str]

_COMPRESSED_FROM = 1024
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0


class HttpClient:
    """Asks and feeds the server at `url`.

    It reads as a `prela_core.store.Reader` does; the server takes the project from `api_key`,
    so the `project_id` of each method is passed over. Errors are ours: what the server answers
    with 404 is a `NotFoundError`, and one that can't be reached an `UnavailableError`.
    `transport` is for tests.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        timeout: float = 35.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        url = url.rstrip("/")
        self.url = without_login(url)
        self._client = connect(url, api_key, timeout=timeout, transport=transport)

    def traces(
        self, project_id: str, where: TraceFilter, order: Order, page: PageRequest
    ) -> Page[TraceSummary]:
        """List the traces that `where` describes."""
        del project_id
        sent = filter_parameters(where) | page_parameters(page) | {"order": order.value}
        return self._ask("/api/v1/traces", sent, Page[TraceSummary])

    def trace(self, project_id: str, trace_id: str) -> TraceDetail | None:
        """Give one trace with all its spans, or None when there is no such trace."""
        del project_id
        return self._find(trace_id, "", {}, TraceDetail)

    def outline(self, project_id: str, trace_id: str) -> TraceDetail | None:
        """Give a trace for who draws it; from a server with all that it has."""
        return self.trace(project_id, trace_id)

    def open_trace(self, project_id: str, trace_id: str) -> OpenTrace | None:
        """Read a trace, of which the server's answer is held as a whole."""
        whole = self.trace(project_id, trace_id)
        return None if whole is None else open_whole(whole, len(whole.spans) or 1)

    def stamp(self, project_id: str, trace_id: str) -> str | None:
        """Give a text that is another one once the trace is; None when there is no such trace."""
        del project_id
        if not trace_id:
            return None
        with translated(self.url):
            answer = self._client.head(_path(trace_id))
        if answer.status_code == NotFoundError.status:
            return None
        raise_for_problem(answer)
        return answer.headers.get("etag", "").removeprefix("W/").strip('"') or None

    def spans(self, project_id: str, trace_id: str, page: PageRequest) -> Page[StoredSpan] | None:
        """List the spans of a trace; None when there is no such trace."""
        del project_id
        return self._find(trace_id, "/spans", page_parameters(page), Page[StoredSpan])

    def find_spans(
        self, project_id: str, where: SpanFilter, order: SpanOrder, page: PageRequest
    ) -> Page[StoredSpan]:
        """List the spans, of whatever traces, that `where` describes."""
        del project_id
        sent = filter_parameters(where) | page_parameters(page) | {"order": order.value}
        return self._ask("/api/v1/spans", sent, Page[StoredSpan])

    def search(self, project_id: str, where: TraceFilter, page: PageRequest) -> Page[SearchHit]:
        """Find the traces that hold `where.q`, newest first."""
        del project_id
        return self._ask(
            "/api/v1/search", filter_parameters(where) | page_parameters(page), Page[SearchHit]
        )

    def groups(self, project_id: str, asked: GroupQuery, page: PageRequest) -> Page[GroupSummary]:
        """List the services, models, users or the like that visible spans name."""
        del project_id
        sent = group_parameters(asked) | page_parameters(page)
        return self._ask(f"/api/v1/{LISTS[asked.by]}", sent, Page[GroupSummary])

    def critical_path(self, project_id: str, trace_id: str) -> CriticalPath | None:
        """Give a trace's critical path, or None when there is no such trace."""
        del project_id
        return self._find(trace_id, "/critical-path", {}, CriticalPath)

    def graph(self, project_id: str, trace_id: str) -> AgentGraph | None:
        """Say who called whom in a trace, or None when there is no such trace."""
        del project_id
        return self._find(trace_id, "/graph", {}, AgentGraph)

    def diff(self, project_id: str, before: str, after: str) -> TraceDiff:
        """Compare two traces by their ids. Raises `NotFoundError` when one is missing."""
        del project_id
        if not before or not after:
            raise NotFoundError("no trace has an empty id")
        return self._ask(f"{_path(before)}/diff", {"to": after}, TraceDiff)

    def session(
        self, project_id: str, session_id: str, page: PageRequest
    ) -> Page[TraceSummary] | None:
        """List the traces of a session, the oldest first; None when there is no such session."""
        del project_id
        form = Page[TraceSummary]
        return self._find(session_id, "/traces", page_parameters(page), form, below="sessions")

    def metrics(self, project_id: str, asked: MetricQuery) -> MetricTable:
        """Measure the visible spans of a window, by group and by bucket of time."""
        del project_id
        return self._ask("/api/v1/metrics/query", metric_parameters(asked), MetricTable)

    def arrivals(self, project_id: str, wanted: ArrivalsRequest) -> Arrivals:
        """Give the spans that were stored since, in the order in which they were stored."""
        del project_id
        sent: dict[str, Sent] = {"limit": str(wanted.limit)}
        if wanted.cursor is not None:
            sent["cursor"] = cursor_parameter(wanted.cursor)
        if wanted.since is not None:
            sent["since"] = to_rfc3339(wanted.since)
        if wanted.where is not None:
            sent["query"] = str(wanted.where)
        return self._ask("/api/v1/live", sent, Arrivals)

    def export(self, project_id: str, selection: Selection, form: ExportForm) -> Iterator[bytes]:
        """Give a file of the spans that `selection` means, as the server sends it."""
        del project_id
        where = selection.spans or selection.traces
        sent = ({} if where is None else filter_parameters(where)) | {"format": form.value}
        path = "/api/v1/export/spans" if selection.spans else "/api/v1/export"
        with translated(self.url), self._client.stream("GET", path, params=sent) as answer:
            if not answer.is_success:
                answer.read()
                raise_for_problem(answer)
            yield from answer.iter_bytes()

    def sql(self, project_id: str, question: SqlQuestion) -> bytes:
        """Answer one SELECT over the tables `spans` and `traces`, in the form it asks for."""
        del project_id
        body = {"query": question.text, "format": question.form, "max_rows": question.max_rows}
        with translated(self.url):
            answer = self._client.post("/api/v1/sql", json=body)
        raise_for_problem(answer)
        return answer.content

    @property
    def deletions(self) -> HttpDeletions:
        """Where deletions are asked for; the server carries them out."""
        return HttpDeletions(self._client, self.url, self._decoded)

    def ping(self) -> None:
        """Return when the server answers and its parts are well."""
        with translated(self.url):
            raise_for_problem(self._client.get("/ready"))

    def send(
        self,
        path: str,
        body: bytes,
        *,
        attempts: int = 5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> dict[str, Any]:
        """Post JSON to `path`, such as `/v1/batch`, and give the decoded answer.

        A server that is away or full is tried again, up to `attempts` times in all: sending a
        span twice is harmless. It waits for 0.5 seconds, then twice as long each time, or as
        `Retry-After` says. Raises `InputError`s at once.
        """
        answer = self._post(path, body, "application/json", attempts, sleep)
        return self._decoded(answer, dict[str, Any])

    def send_otlp(
        self,
        body: bytes,
        form: OtlpForm,
        *,
        attempts: int = 5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> tuple[int, str]:
        """Post a request of OTLP; gives how many of its spans were refused, and what was said.

        It is tried again and raises as `send` does.
        """
        answer = self._post("/v1/traces", body, form.content_type, attempts, sleep)
        return form.refusal(answer.content)

    def _post(
        self, path: str, body: bytes, kind: str, attempts: int, sleep: Callable[[float], None]
    ) -> httpx.Response:
        headers = {"Content-Type": kind}
        if len(body) >= _COMPRESSED_FROM:
            body = gzip.compress(body, compresslevel=3)
            headers["Content-Encoding"] = "gzip"

        def post() -> httpx.Response:
            with translated(self.url):
                answer = self._client.post(path, content=body, headers=headers)
            raise_for_problem(answer)
            return answer

        return attempted(
            post,
            attempts=attempts,
            first_pause=_FIRST_PAUSE_SECONDS,
            longest_pause=_LONGEST_PAUSE_SECONDS,
            sleep=sleep,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _find(
        self,
        row_id: str,
        part: str,
        parameters: dict[str, Sent],
        form: type[T],
        *,
        below: str = "traces",
    ) -> T | None:
        if not row_id:
            return None  # nothing has this id, and its path is that of the list
        try:
            return self._ask(f"{_path(row_id, below)}{part}", parameters, form)
        except NotFoundError:
            return None

    def _ask(self, path: str, parameters: dict[str, Sent], form: type[T]) -> T:
        with translated(self.url):
            answer = self._client.get(path, params=parameters)
        raise_for_problem(answer)
        return self._decoded(answer, form)

    def _decoded(self, answer: httpx.Response, form: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.content, type=form)
        except msgspec.MsgspecError as error:
            raise UnavailableError(
                f"{self.url} answered something that this version does not understand; "
                "is it a Prela server of about the same version?"
            ) from error


def _path(row_id: str, below: str = "traces") -> str:
    # Dots alone would be steps in the path, and no longer there when it is sent.
    return f"/api/v1/{below}/{quote(row_id, safe='').replace('.', '%2E')}"
