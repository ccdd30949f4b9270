from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest
from tests.conftest import await_that
from tests.parts import free_port
from tests.postgres import PASSWORD, Postgres

from prela_core.errors import SettingsError, UnauthenticatedError, UnavailableError
from prela_server.accounts import postgres_schema
from prela_server.accounts.database import Database
from prela_server.accounts.keys import mint
from prela_server.accounts.postgres import PostgresDatabase
from prela_server.accounts.stored import StoredAccounts

Opener = Callable[..., StoredAccounts]

PATIENCE = 0.5
BOUND = 30.0
"""Seconds that nothing may take: what hangs would take for ever."""

SET_UP = """
import sys
from pathlib import Path
from prela_server.accounts.open import open_accounts
accounts = open_accounts(Path("unused"), database_url=sys.argv[1])
print(accounts.create("other-process", ["read"])[1])
accounts.close()
"""


@pytest.fixture
def open_postgres(postgres_url: str) -> Iterator[Opener]:
    opened = []

    def opener(url: str = postgres_url, **options: Any) -> StoredAccounts:
        database = PostgresDatabase(url, **{"patience": PATIENCE * 20, "pause": 0.0, **options})
        opened.append(StoredAccounts(database, now=lambda: 1_700_000_000_000_000))
        return opened[-1]

    yield opener
    for accounts in opened:
        accounts.close()


@pytest.fixture
def ask(postgres_url: str) -> Iterator[Callable[[str], list[Any]]]:
    """Run a statement beside Prela, and give its rows."""
    with psycopg.connect(postgres_url, autocommit=True) as db:

        def ask(statement: str) -> list[Any]:
            cursor = db.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

        yield ask


def database_of(accounts: StoredAccounts) -> Database:
    return accounts._database


def reason(call: Callable[[], object]) -> str:
    with pytest.raises(UnavailableError) as caught:
        call()
    return str(caught.value.__cause__)


def test_processes_that_set_up_at_once_agree(postgres_url: str, open_postgres: Opener) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SET_UP, postgres_url], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    texts = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert [0, 0, 0, 0] == [process.returncode for process in processes]
    accounts = open_postgres()
    assert ["other-process"] * 4 == [accounts.identify(text).project_id for text in texts]


@pytest.mark.parametrize("attempt", range(3))
def test_connections_that_set_up_at_once_agree(
    postgres_url: str, ask: Callable[[str], list[Any]], attempt: int
) -> None:
    count = 8
    barrier = threading.Barrier(count)

    def pepper(_: int) -> bytes:
        with closing(PostgresDatabase(postgres_url, patience=BOUND)) as database:
            barrier.wait()
            return database.pepper

    with ThreadPoolExecutor(count) as pool:
        peppers = set(pool.map(pepper, range(count)))
    assert [(postgres_schema.VERSION, *peppers)] == ask("SELECT * FROM prela_accounts")


def test_a_new_step_is_taken_once_and_keeps_keys(
    monkeypatch: pytest.MonkeyPatch, open_postgres: Opener, ask: Callable[[str], list[Any]]
) -> None:
    _, text = open_postgres().create("shop", ["read"])
    step = ("CREATE TABLE news (n INTEGER)", "INSERT INTO news VALUES (1)")
    monkeypatch.setattr(postgres_schema, "_STEPS", (*postgres_schema._STEPS, step))
    monkeypatch.setattr(postgres_schema, "VERSION", postgres_schema.VERSION + 1)
    several = [open_postgres() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        identities = list(pool.map(lambda accounts: accounts.identify(text), several))
    assert ["shop"] * 6 == [identity.project_id for identity in identities]
    assert [(1,)] == ask("SELECT n FROM news")
    assert [(postgres_schema.VERSION,)] == ask("SELECT version FROM prela_accounts")


def test_a_database_of_a_newer_version(
    open_postgres: Opener, postgres_url: str, ask: Callable[[str], list[Any]]
) -> None:
    _, text = open_postgres().create("shop", ["read"])
    ask("UPDATE prela_accounts SET version = 99")
    with closing(PostgresDatabase(postgres_url)) as database:
        with pytest.raises(SettingsError, match="newer Prela"):
            database.prepare()
        # Later, it is nothing that whoever sends a key could mend.
        with pytest.raises(UnavailableError):
            StoredAccounts(database, now=lambda: 0).identify(text)


def test_a_user_who_may_not_make_tables(postgres: Postgres, postgres_url: str) -> None:
    role = f"reader_{free_port()}"
    postgres.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
    schema = re.sub(r".*%3D", "", postgres_url)
    postgres.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
    try:
        url = re.sub(r"//.*?@", f"//{role}:{PASSWORD}@", postgres_url)
        with (
            closing(PostgresDatabase(url)) as database,
            pytest.raises(SettingsError, match=r"may not make tables.*permission denied"),
        ):
            database.prepare()
    finally:
        postgres.execute(f"REVOKE USAGE ON SCHEMA {schema} FROM {role}")
        postgres.execute(f"DROP ROLE {role}")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_schemes_that_are_taken(open_postgres: Opener, postgres_url: str, scheme: str) -> None:
    accounts = open_postgres(postgres_url.replace("postgresql", scheme, 1))
    assert [] == list(accounts.list())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host=127.0.0.1 password=hunter2",
        "mysql://me:hunter2@127.0.0.1/db",
        "postgresql://me:hunter2@[::1/db",
        "postgresql://me:hunter2@127.0.0.1/db?nonsense=1",
        "postgresql://me:p@hunter2@127.0.0.1/db",
        "postgresql://me:hunter2/more@127.0.0.1/db",
        "postgresql://me:p@127.0.0.1/db?sslmode=hunter2",
    ],
)
def test_urls_that_are_refused_are_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^DATABASE_URL") as caught:
        PostgresDatabase(url)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_the_url_says_goes(open_postgres: Opener, postgres_url: str) -> None:
    question = "SELECT current_setting('application_name')"
    assert [("prela",)] == database_of(open_postgres()).rows(question)
    named = open_postgres(f"{postgres_url}&application_name=mine")
    assert [("mine",)] == database_of(named).rows(question)


def test_no_plain_key_is_in_the_database(
    open_postgres: Opener, ask: Callable[[str], list[Any]]
) -> None:
    accounts = open_postgres()
    info, text = accounts.create("shop", ["read"])
    rows = repr(ask("SELECT k::text FROM prela_keys k"))
    assert info.key_id in rows
    assert text[19:27] not in rows


def test_a_malformed_key_never_reaches_the_database() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"postgresql://127.0.0.1:{listener.getsockname()[1]}/db"
        accounts = StoredAccounts(PostgresDatabase(url, patience=PATIENCE), now=lambda: 0)
        for text in (None, "", "prela_sk_" + "0" * 50):
            with pytest.raises(UnauthenticatedError):
                accounts.identify(text)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_server_that_is_not_there_is_no_bad_key() -> None:
    url = f"postgresql://prela:{PASSWORD}@127.0.0.1:{free_port()}/db"
    accounts = StoredAccounts(PostgresDatabase(url), now=lambda: 0)
    calls: list[Callable[[], object]] = [
        lambda: accounts.identify(mint().text),
        accounts.list,
        accounts.ping,
        lambda: accounts.revoke("0" * 10),
        lambda: accounts.create("shop", ["read"]),
    ]
    for call in calls:
        assert "refused" in reason(call)
        assert PASSWORD not in reason(call)


def test_a_wrong_password_is_a_reason_and_is_not_repeated(postgres_url: str) -> None:
    accounts = StoredAccounts(
        PostgresDatabase(re.sub(r"//.*?@", "//prela:hunter2@", postgres_url)), now=lambda: 0
    )
    said = reason(lambda: accounts.identify(mint().text))
    assert "password" in said
    assert "hunter2" not in said


def test_a_server_that_hangs_is_waited_for_only_so_long(
    postgres: Postgres, open_postgres: Opener
) -> None:
    accounts = open_postgres(patience=PATIENCE, capacity=2)
    _, text = accounts.create("shop", ["read"])
    with ThreadPoolExecutor(8) as pool:
        with postgres.frozen():
            calls = [pool.submit(accounts.identify, text) for _ in range(8)]
            errors = [call.exception(timeout=BOUND) for call in calls]
        assert {UnavailableError} == {type(error) for error in errors}
    await_that(lambda: _works(accounts, text), "the accounts' return")


def test_while_a_server_hangs_few_wait_for_it() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        url = f"postgresql://127.0.0.1:{listener.getsockname()[1]}/db?connect_timeout=2"
        accounts = StoredAccounts(PostgresDatabase(url, pause=BOUND), now=lambda: 0)
        for _ in range(100):
            with pytest.raises(UnavailableError):
                accounts.identify(mint().text)
        listener.setblocking(False)
        listener.accept()[0].close()
        with pytest.raises(BlockingIOError):  # the first alone was let through
            listener.accept()


def test_a_connection_that_broke_while_idle_is_nobodys_error(
    open_postgres: Opener, ask: Callable[[str], list[Any]]
) -> None:
    accounts = open_postgres()
    _, text = accounts.create("shop", ["read"])
    for call in (lambda: accounts.identify(text), lambda: accounts.create("shop", ["read"])):
        assert [(True,)] == ask(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE application_name = 'prela' AND pid <> pg_backend_pid()"
        )
        call()
    assert 2 == len(accounts.list())


def test_connections_are_used_again_and_not_too_many(
    open_postgres: Opener, ask: Callable[[str], list[Any]]
) -> None:
    accounts = open_postgres(capacity=3)
    texts = [accounts.create(f"p{n}", ["read"])[1] for n in range(20)]
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda text: accounts.identify(text).project_id, texts * 5))
    assert [f"p{n}" for n in range(20)] * 5 == found
    ((count,),) = ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'prela'")
    assert 1 <= count <= 3
    accounts.close()
    await_that(
        lambda: (
            [(0,)] == ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'prela'")
        ),
        "the end of all connections",
    )
    with pytest.raises(UnavailableError):
        accounts.list()


def test_tables_that_vanish_are_made_anew(
    open_postgres: Opener, ask: Callable[[str], list[Any]]
) -> None:
    accounts = open_postgres()
    accounts.create("shop", ["read"])
    ask("DROP TABLE prela_keys, prela_accounts")
    assert "does not exist" in reason(accounts.list)
    assert [] == list(accounts.list())
    _, text = accounts.create("shop", ["read"])
    assert "shop" == open_postgres().identify(text).project_id


def _works(accounts: StoredAccounts, text: str) -> bool:
    try:
        return accounts.identify(text).project_id == "shop"
    except UnavailableError:
        return False
