from __future__ import annotations

import secrets
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from prela_core.errors import SettingsError, UnauthenticatedError, UnavailableError
from prela_server.accounts.keys import mint
from prela_server.accounts.open import open_accounts
from prela_server.accounts.sqlite import DATABASE, SECRET, SqliteDatabase
from prela_server.accounts.stored import StoredAccounts

Opener = Callable[..., StoredAccounts]

CREATE_KEYS = """
import sys
from pathlib import Path
from prela_server.accounts.open import open_accounts
accounts = open_accounts(Path(sys.argv[1]))
for n in range(int(sys.argv[2])):
    print(accounts.create("other-process", ["read"])[1], flush=True)
accounts.close()
"""


@pytest.fixture
def open_sqlite(tmp_path: Path) -> Iterator[Opener]:
    opened = []

    def opener(
        data_dir: Path = tmp_path / "data",
        *,
        randbelow: Callable[[int], int] = secrets.randbelow,
        busy_seconds: float = 0.01,
        create: bool = True,
    ) -> StoredAccounts:
        database = SqliteDatabase(data_dir, busy_seconds=busy_seconds, create=create)
        accounts = StoredAccounts(database, now=lambda: 1_700_000_000_000_000, randbelow=randbelow)
        opened.append(accounts)
        return accounts

    yield opener
    for accounts in opened:
        accounts.close()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def _create_elsewhere(data_dir: Path, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CREATE_KEYS, str(data_dir), str(count)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_keys_outlive_the_process(open_sqlite: Opener) -> None:
    first = open_sqlite()
    info, text = first.create("shop", ["ingest", "admin"], "n")
    first.close()
    second = open_sqlite()
    assert [info] == list(second.list())
    assert info.scopes == second.identify(text).scopes


def test_only_the_owner_may_read_the_files(open_sqlite: Opener, data_dir: Path) -> None:
    open_sqlite().create("shop", ["read"])
    assert {DATABASE: 0o600, SECRET: 0o600} == {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in data_dir.iterdir()
    }
    assert 0o700 == stat.S_IMODE(data_dir.stat().st_mode)


def test_the_journal_is_as_closed_as_the_database(open_sqlite: Opener, data_dir: Path) -> None:
    open_sqlite().create("shop", ["read"])
    with closing(sqlite3.connect(data_dir / DATABASE, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE prela_keys SET name = 'n'")
        journal = data_dir / f"{DATABASE}-journal"
        assert 0o600 == stat.S_IMODE(journal.stat().st_mode)
        db.execute("ROLLBACK")


def test_no_plain_key_and_no_pepper_is_in_the_database(open_sqlite: Opener, data_dir: Path) -> None:
    accounts = open_sqlite()
    texts = [accounts.create("shop", ["read"])[1] for _ in range(3)]
    accounts.revoke(texts[0][9:19])
    content = (data_dir / DATABASE).read_bytes()
    for text in texts:
        assert text[9:19].encode() in content  # the id is public
        assert text.encode() not in content
        assert text[19:27].encode() not in content
    pepper = (data_dir / SECRET).read_text()
    assert pepper.encode() not in content
    assert bytes.fromhex(pepper) not in content


def test_there_is_no_write_ahead_log(open_sqlite: Opener, data_dir: Path) -> None:
    open_sqlite().close()
    with closing(sqlite3.connect(data_dir / DATABASE)) as db:
        db.execute("PRAGMA journal_mode = WAL")
    accounts = open_sqlite()
    assert [("delete",)] == accounts._database._db.execute("PRAGMA journal_mode").fetchall()
    assert [(3,)] == accounts._database._db.execute("PRAGMA synchronous").fetchall()


def test_a_key_of_another_process_works_here(open_sqlite: Opener, data_dir: Path) -> None:
    accounts = open_sqlite()
    output, _ = _create_elsewhere(data_dir, 1).communicate(timeout=60)
    assert "other-process" == accounts.identify(output.strip()).project_id


def test_processes_that_open_a_new_directory_at_once_agree(data_dir: Path) -> None:
    processes = [_create_elsewhere(data_dir, 5) for _ in range(4)]
    texts = [line for p in processes for line in p.communicate(timeout=60)[0].split()]
    assert [0, 0, 0, 0] == [process.returncode for process in processes]
    with closing(open_accounts(data_dir)) as accounts:
        assert 20 == len(texts)
        assert ["other-process"] * 20 == [accounts.identify(t).project_id for t in texts]
        assert 20 == len(accounts.list())
    assert {DATABASE, SECRET} == {path.name for path in data_dir.iterdir()}


def test_keys_work_here_while_another_process_creates_more(
    open_sqlite: Opener, data_dir: Path
) -> None:
    accounts = open_sqlite(busy_seconds=10.0)
    _, mine = accounts.create("shop", ["read"])
    with _create_elsewhere(data_dir, 30) as process:
        assert process.stdout is not None
        for line in process.stdout:
            assert "other-process" == accounts.identify(line.strip()).project_id
            for _ in range(50):
                assert "shop" == accounts.identify(mine).project_id
    assert 0 == process.returncode
    assert 31 == len(accounts.list())


def test_a_malformed_key_never_reaches_the_database(open_sqlite: Opener) -> None:
    accounts = open_sqlite()
    accounts.close()
    with pytest.raises(UnauthenticatedError):
        accounts.identify("prela_sk_" + "0" * 50)
    with pytest.raises(UnavailableError):  # the proof that the database can't be asked
        accounts.identify(mint().text)


def test_a_locked_database_is_no_bad_key(open_sqlite: Opener, data_dir: Path) -> None:
    accounts = open_sqlite()
    info, text = accounts.create("shop", ["read"])
    with closing(sqlite3.connect(data_dir / DATABASE, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        for call in (
            lambda: accounts.identify(text),
            accounts.list,
            lambda: accounts.revoke(info.key_id),
            lambda: accounts.create("shop", ["read"]),
            open_sqlite,
        ):
            with pytest.raises(UnavailableError) as caught:
                call()
            assert "locked" not in str(caught.value)
            assert "locked" in str(caught.value.__cause__)
    assert [info] == list(accounts.list())
    assert "shop" == accounts.identify(text).project_id


def test_a_thread_does_not_wait_forever_for_another(open_sqlite: Opener) -> None:
    accounts = open_sqlite()
    _, text = accounts.create("shop", ["read"])
    with accounts._database._lock, pytest.raises(UnavailableError):
        accounts.identify(text)
    assert "shop" == accounts.identify(text).project_id


def test_an_id_is_never_given_out_twice(open_sqlite: Opener) -> None:
    letters = [*[1] * 44, *[1] * 44, *[2] * 44]
    accounts = open_sqlite(randbelow=lambda _: letters.pop(0))
    first, first_text = accounts.create("a", ["read"])
    second, second_text = accounts.create("b", ["read"])
    assert ("1" * 10, "2" * 10) == (first.key_id, second.key_id)
    assert "a" == accounts.identify(first_text).project_id
    assert "b" == accounts.identify(second_text).project_id


def test_broken_randomness_makes_no_key(open_sqlite: Opener) -> None:
    accounts = open_sqlite(randbelow=lambda _: 0)
    info, _ = accounts.create("a", ["read"])
    with pytest.raises(UnavailableError):
        accounts.create("b", ["read"])
    assert [info] == list(accounts.list())


def test_nothing_is_made_unless_asked_for(open_sqlite: Opener, data_dir: Path) -> None:
    with pytest.raises(SettingsError, match="no API keys"):
        open_sqlite(create=False)
    assert not data_dir.exists()
    open_sqlite()
    assert [] == list(open_sqlite(create=False).list())


def test_a_lost_pepper_is_not_replaced(open_sqlite: Opener, data_dir: Path) -> None:
    accounts = open_sqlite()
    _, text = accounts.create("shop", ["read"])
    accounts.close()
    (data_dir / SECRET).rename(data_dir / "kept")
    with pytest.raises(SettingsError, match="is missing"):
        open_sqlite()
    (data_dir / "kept").rename(data_dir / SECRET)
    assert "shop" == open_sqlite().identify(text).project_id


def test_a_pepper_of_another_directory_is_noticed(open_sqlite: Opener, data_dir: Path) -> None:
    open_sqlite().close()
    (data_dir / SECRET).write_text("0f" * 32)
    with pytest.raises(SettingsError, match="is not the one"):
        open_sqlite()


def test_a_pepper_without_a_database_is_kept(open_sqlite: Opener, data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / SECRET).write_text("0f" * 32)
    assert b"\x0f" * 32 == open_sqlite()._database.pepper


def test_a_file_that_is_no_database(open_sqlite: Opener, data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / DATABASE).write_bytes(b"no database at all" * 100)
    with pytest.raises(SettingsError, match="no database"):
        open_sqlite()


def test_a_database_of_a_newer_version(open_sqlite: Opener, data_dir: Path) -> None:
    open_sqlite().close()
    with closing(sqlite3.connect(data_dir / DATABASE)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(SettingsError, match="newer Prela"):
        open_sqlite()


def test_a_data_directory_that_is_a_file(open_sqlite: Opener, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    for data_dir in (path, path / "below"):
        with pytest.raises(SettingsError, match="can't be used"):
            open_sqlite(data_dir)
