"""Deletions as asked of a server."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPMethod
from typing import Any, TypeVar
from urllib.parse import quote

import attrs
import httpx
import msgspec

from prela_core.errors import NotFoundError
from prela_core.io.http_errors import raise_for_problem, translated
from prela_core.io.http_parameters import filter_parameters, page_parameters
from prela_core.model import from_micros
from prela_core.store import Deletion, DeletionRequest, DeletionState, Page, PageRequest

__all__ = ["HttpDeletions", "deletion_body"]

T = TypeVar("T")

_PATH = "/api/v1/deletions"


@attrs.frozen
class _Count:
    traces: int
    spans: int
    rows: dict[str, int]


class HttpDeletions:
    """Asks for deletions as `prela_core.store.Deletions` does; the server carries them out.

    It is the server that names a deletion and says when it was asked, and its key that says of
    which project it is: what a request says of them is passed over. `decoded` reads an answer.
    """

    def __init__(
        self,
        client: httpx.Client,
        url: str,
        decoded: Callable[[httpx.Response, type[Any]], Any],
    ) -> None:
        self._client = client
        self._url = url
        self._decoded = decoded

    def count(self, request: DeletionRequest) -> Deletion:
        """Say what `request` would delete now, as the receipt would; nothing is done."""
        counted = self._send(HTTPMethod.POST, f"{_PATH}/count", _Count, request)
        return Deletion(
            deletion_id=request.deletion_id,
            state=DeletionState.WAITING,
            selection=msgspec.Raw(request.said),
            asked_at=from_micros(request.asked_at),
            traces=counted.traces,
            spans=counted.spans,
            rows=counted.rows,
        )

    def ask(self, request: DeletionRequest) -> Deletion:
        """Have it done; returns after it is durable that they be deleted."""
        return self._send(HTTPMethod.POST, _PATH, Deletion, request)

    def one(self, project_id: str, deletion_id: str) -> Deletion | None:
        """Give a receipt, or None when there is no such deletion."""
        del project_id
        if not deletion_id:
            return None
        path = f"{_PATH}/{quote(deletion_id, safe='').replace('.', '%2E')}"
        try:
            return self._send(HTTPMethod.GET, path, Deletion)
        except NotFoundError:
            return None

    def all(self, project_id: str, page: PageRequest) -> Page[Deletion]:
        """List the receipts of the project, the newest first."""
        del project_id
        return self._send(HTTPMethod.GET, _PATH, Page[Deletion], params=page_parameters(page))

    def trace(self, trace_id: str) -> Deletion:
        """Have one trace deleted. Raises `NotFoundError` when there is no such trace."""
        if not trace_id:
            raise NotFoundError("no trace has an empty id")
        escaped = quote(trace_id, safe="").replace(".", "%2E")
        return self._send(HTTPMethod.DELETE, f"/api/v1/traces/{escaped}", Deletion)

    def _send(
        self,
        method: HTTPMethod,
        path: str,
        form: type[T],
        request: DeletionRequest | None = None,
        *,
        params: dict[str, Any] | None = None,
    ) -> T:
        body = None if request is None else deletion_body(request)
        with translated(self._url):
            answer = self._client.request(method, path, json=body, params=params)
        raise_for_problem(answer)
        decoded: T = self._decoded(answer, form)
        return decoded


def deletion_body(request: DeletionRequest) -> dict[str, Any]:
    """Say what `request` means as a server is asked for it."""
    if request.everything:
        return {"everything": True}
    if request.where is not None:
        return {"filter": filter_parameters(request.where)}
    return {"trace_ids": list(request.trace_ids)}
