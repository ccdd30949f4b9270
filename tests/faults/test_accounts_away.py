"""PostgreSQL goes away while gateways ask it whose keys they are sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from tests.conftest import Api, Serve, assert_problem, await_that, span
from tests.postgres import PASSWORD, Postgres

from prela_core.errors import UnavailableError
from prela_server.accounts.cached import CachedAccounts
from prela_server.accounts.keys import mint
from prela_server.accounts.open import open_accounts
from prela_server.accounts.postgres import PostgresDatabase
from prela_server.accounts.stored import StoredAccounts

TRACES = "/api/v1/traces"
LONGEST = 8.0
"""Seconds within which every request is answered, whatever is away."""


@pytest.fixture
def accounts(postgres_url: str, tmp_path: Path) -> Iterator[CachedAccounts]:
    with closing(open_accounts(tmp_path, database_url=postgres_url)) as accounts:
        yield accounts


@pytest.fixture
def running(postgres: Postgres) -> Iterator[None]:
    """Leave a server behind that runs, whatever the test did to it."""
    yield
    if postgres.command and postgres.process is None:
        postgres.start()


def status(api: Api) -> int:
    """Ask, and hold that an outage is never taken for a bad key or for a fault of ours."""
    answer = api.request("GET", TRACES, timeout=LONGEST)
    if answer.status_code == 503:
        assert_problem(answer, 503)
    return answer.status_code


@pytest.mark.slow
@pytest.mark.usefixtures("running")
def test_gateways_outlive_an_outage(
    serve: Serve, postgres: Postgres, postgres_url: str, accounts: CachedAccounts
) -> None:
    servers = [serve(PRELA_AUTH="on", DATABASE_URL=postgres_url) for _ in range(2)]
    info, text = accounts.create("shop", ["ingest", "read"])
    gateways = [server.api.with_key(text) for server in servers]
    strangers = [server.api.with_key(mint().text) for server in servers]
    for gateway in gateways:
        gateway.accept("/v1/spans", span())

    postgres.kill()
    for gateway in gateways:
        seen = {status(gateway)}
        await_that(lambda g=gateway, s=seen: s.add(status(g)) or 503 in s, "the first 503")
        assert seen <= {200, 503}
    for stranger in strangers:
        assert 503 == status(stranger)
        assert 401 == status(stranger.with_key("malformed"))
        assert 200 == stranger.get("/health").status_code
        unready = stranger.get("/ready")
        assert 503 == unready.status_code
        assert ["accounts"] == list(unready.json()["parts"])

    postgres.start()
    for gateway, stranger in zip(gateways, strangers, strict=True):
        await_that(lambda g=gateway: status(g) == 200, "the return of the accounts")
        assert 401 == status(stranger)
        assert 200 == stranger.get("/ready").status_code
        gateway.accept("/v1/spans", span())

    accounts.revoke(info.key_id)
    for gateway in gateways:
        await_that(lambda g=gateway: status(g) == 401, "the end of the key", seconds=5)
    for server in servers:
        assert PASSWORD not in server.log
        assert text not in server.log
        assert "the accounts are away" in server.log
        assert "the accounts are back" in server.log


@pytest.mark.slow
def test_no_request_hangs_while_postgresql_does(
    serve: Serve, postgres: Postgres, postgres_url: str, accounts: CachedAccounts
) -> None:
    server = serve(PRELA_AUTH="on", DATABASE_URL=postgres_url)
    gateway = server.api.with_key(accounts.create("shop", ["read"])[1])
    assert 200 == status(gateway)
    with ThreadPoolExecutor(50) as pool, postgres.frozen():
        strangers = [server.api.with_key(mint().text) for _ in range(200)]
        assert {503} == set(pool.map(status, strangers))
        assert 200 == gateway.get("/health").status_code
    await_that(lambda: status(gateway) == 200, "the return of the accounts")


@pytest.mark.slow
@pytest.mark.usefixtures("running")
def test_a_gateway_starts_without_postgresql(
    serve: Serve, postgres: Postgres, postgres_url: str, accounts: CachedAccounts
) -> None:
    _, text = accounts.create("shop", ["read"])
    postgres.stop()
    gateway = serve(PRELA_AUTH="on", DATABASE_URL=postgres_url).api.with_key(text)
    assert 503 == status(gateway)
    postgres.start()
    await_that(lambda: status(gateway) == 200, "the accounts")


@pytest.mark.slow
@pytest.mark.usefixtures("running")
def test_keys_that_were_given_out_are_there_after_a_kill(
    postgres: Postgres, postgres_url: str
) -> None:
    """Accepted and lost: 0. Seen twice: 0."""
    accounts = StoredAccounts(PostgresDatabase(postgres_url, pause=0.1), now=lambda: 0)
    given: list[str] = []
    revoked: set[str] = set()
    failed = ended = 0
    over = threading.Event()

    def create() -> int:
        failures = 0
        while not over.is_set():
            try:
                info, text = accounts.create("shop", ["read"])
                given.append(text)
                if len(given) % 3 == 0:
                    accounts.revoke(info.key_id)
                    revoked.add(text)
            except UnavailableError:
                failures += 1
                over.wait(0.01)
        return failures

    with closing(accounts), ThreadPoolExecutor(4) as pool:
        creating = [pool.submit(create) for _ in range(4)]
        try:
            for _ in range(3):
                ended = len(given) + 20
                await_that(lambda least=ended: len(given) >= least, "new keys", seconds=30)
                postgres.kill()
                postgres.start()
        finally:
            over.set()
        failed = sum(each.result(timeout=60) for each in creating)
    with closing(StoredAccounts(PostgresDatabase(postgres_url), now=lambda: 0)) as afresh:
        infos = {info.key_id: info for info in afresh.list()}
    assert failed >= 3
    assert len(given) >= ended
    assert len(given) == len(set(given))
    assert {text[9:19] for text in given} <= set(infos)
    assert {text[9:19] for text in revoked} <= {
        info.key_id for info in infos.values() if info.revoked_at is not None
    }
