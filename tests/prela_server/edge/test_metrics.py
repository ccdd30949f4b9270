from __future__ import annotations

import pytest
from starlette.applications import Starlette
from tests.asgi import ask

from prela_server.accounts import Scope
from prela_server.accounts.memory import MemoryAccounts
from prela_server.edge.guard import key_guard, open_guard
from prela_server.edge.metrics import metrics_routes
from prela_server.edge.problems import handlers


def test_figures_are_given_as_prometheus_reads_them() -> None:
    answer = ask(Starlette(routes=metrics_routes(lambda: b"up 1\n", open_guard())), "/metrics")

    assert (200, "up 1\n") == (answer.status_code, answer.text)
    assert "text/plain; version=0.0.4; charset=utf-8" == answer.headers["Content-Type"]


@pytest.mark.parametrize(
    ("scope", "status"), [(None, 401), (Scope.INGEST, 403), (Scope.READ, 403), (Scope.ADMIN, 200)]
)
def test_where_keys_are_asked_for_figures_need_admin(scope: Scope | None, status: int) -> None:
    accounts = MemoryAccounts(now=lambda: 0)
    routes = metrics_routes(lambda: b"", key_guard(accounts))
    headers = {}
    if scope is not None:
        headers["X-API-Key"] = accounts.create("shop", [scope])[1]

    app = Starlette(routes=routes, exception_handlers=handlers())
    assert status == ask(app, "/metrics", headers=headers).status_code
