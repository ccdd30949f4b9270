from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from tests.parts import free_port

from prela_cli.keys import _SCOPES, keys
from prela_server.accounts import Scope
from prela_server.accounts.keys import parse
from prela_server.accounts.open import open_accounts

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(*args: str, data_dir: Path = tmp_path) -> Result:
        env = {"PRELA_DATA_DIR": str(data_dir), "COLUMNS": "40"}
        return CliRunner().invoke(keys, args, env=env)

    return run


def create(run: Run, *args: str) -> str:
    result = run("create", *args)
    assert 0 == result.exit_code, result.output
    return result.stdout.strip()


def test_create_prints_a_key_that_works_and_nothing_else(run: Run, tmp_path: Path) -> None:
    result = run("create", "--project", "shop")
    text = result.stdout.strip()
    with closing(open_accounts(tmp_path)) as accounts:
        identity = accounts.identify(text)
        (info,) = accounts.list()
    assert ("shop", frozenset({Scope.INGEST, Scope.READ})) == (identity.project_id, identity.scopes)
    assert "" == info.name
    assert "won't be shown again" in result.stderr
    assert text not in result.stderr


def test_keys_are_in_postgresql_where_one_is_set(
    run: Run, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    text = create(run, "--project", "shop", "--name", "till")
    assert text[9:19] in run("list").stdout
    with closing(open_accounts(tmp_path, database_url=postgres_url)) as accounts:
        assert "shop" == accounts.identify(text).project_id
        assert 0 == run("revoke", text[9:19]).exit_code
        (info,) = accounts.list()
    assert info.revoked_at is not None
    assert [] == list(tmp_path.iterdir())


def test_a_postgresql_that_is_away_is_said_with_the_reason(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://prela:hunter2@127.0.0.1:{free_port()}/db")
    for args in (["create", "--project", "shop"], ["list"], ["revoke", "0" * 10]):
        result = run(*args)
        assert 1 == result.exit_code
        assert "" == result.stdout
        assert "Connection refused" in result.stderr
        assert 1 == len(result.stderr.splitlines())
        assert "hunter2" not in result.stderr


def test_create_with_everything(run: Run, tmp_path: Path) -> None:
    args = ["--project", "shop", "--scope", "admin", "--scope", "read", "--name", "till", "--json"]
    result = run("create", *args)
    answer = json.loads(result.stdout)
    key = parse(answer["key"])
    assert key is not None
    created_at = answer.pop("created_at")
    assert {
        "key": key.text,
        "key_id": key.key_id,
        "project_id": "shop",
        "scopes": ["read", "admin"],
        "name": "till",
        "prefix": f"prela_sk_{key.key_id}…",
        "revoked_at": None,
    } == answer
    assert created_at.endswith("Z")
    assert "won't be shown again" in result.stderr


def test_list_shows_each_key_on_a_line_of_its_own(run: Run) -> None:
    names = ["[bold]till", "x" * 100]
    texts = [create(run, "--project", "shop", "--name", name) for name in names]
    create(run, "--project", "other")
    result = run("list", "--project", "shop")
    _, *lines = result.stdout.splitlines()
    assert 2 == len(lines)
    for text, name, line in zip(texts, names, lines, strict=True):
        assert [text[9:19], "shop", "ingest,", "read", name] == line.split()[:5]
        assert "active" == line.split()[-1]
        assert text[19:25] not in result.output
    assert "\x1b" not in result.output


def test_list_as_json(run: Run) -> None:
    texts = [create(run, "--project", project) for project in ("a", "b", "a")]
    everything = json.loads(run("list", "--json").stdout)
    assert [text[9:19] for text in texts] == [key["key_id"] for key in everything]
    assert ["a", "a"] == [
        key["project_id"] for key in json.loads(run("list", "--project", "a", "--json").stdout)
    ]
    assert [] == json.loads(run("list", "--project", "c", "--json").stdout)
    assert all("key" not in key for key in everything)


def test_list_with_nothing_to_show(run: Run) -> None:
    create(run, "--project", "shop")
    result = run("list", "--project", "c")
    assert (0, "", "No keys of project c.\n") == (result.exit_code, result.stdout, result.stderr)


def test_revoke_ends_a_key(run: Run, tmp_path: Path) -> None:
    text = create(run, "--project", "shop")
    result = run("revoke", text[9:19])
    assert 0 == result.exit_code
    assert text[9:19] in result.stdout
    (key,) = json.loads(run("list", "--json").stdout)
    assert key["revoked_at"] >= key["created_at"]
    assert "revoked 20" in run("list").stdout


def test_revoke_of_an_unknown_key(run: Run) -> None:
    text = create(run, "--project", "shop")
    for key_id in ("nope", text):
        result = run("revoke", key_id)
        assert (3, "") == (result.exit_code, result.stdout)
        assert "no key with this id" in result.stderr
        assert text not in result.output


@pytest.mark.parametrize("command", [["list"], ["revoke", "x"]])
def test_a_mistyped_directory_is_not_made(run: Run, tmp_path: Path, command: list[str]) -> None:
    result = run(*command, data_dir=tmp_path / "mistyped")
    assert 2 == result.exit_code
    assert "mistyped" in result.stderr
    assert not (tmp_path / "mistyped").exists()


def test_create_with_a_bad_project(run: Run) -> None:
    result = run("create", "--project", "Shop!")
    assert (2, "") == (result.exit_code, result.stdout)
    assert "prela: a project id has 1 to 64 characters" in result.stderr


def test_the_reason_is_told_when_the_storage_fails(run: Run, tmp_path: Path) -> None:
    (tmp_path / "accounts.sqlite3").mkdir()
    result = run("create", "--project", "shop")
    assert 2 == result.exit_code
    assert "unable to open database file" in result.stderr


def test_the_option_wins_over_the_environment(run: Run, tmp_path: Path) -> None:
    create(run, "--project", "shop", "--data-dir", str(tmp_path / "chosen"))
    assert ["chosen"] == [path.name for path in tmp_path.iterdir()]


def test_the_default_directory_is_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PRELA_DATA_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    result = CliRunner().invoke(keys, ["create", "--project", "shop"])
    assert 0 == result.exit_code
    assert (tmp_path / ".prela" / "accounts.sqlite3").exists()


def test_the_scopes_are_those_of_the_server() -> None:
    assert tuple(Scope) == _SCOPES


@pytest.mark.parametrize("name", [None, *keys.commands])
def test_every_command_has_help_with_an_example(run: Run, name: str | None) -> None:
    output = run(*([name] if name else []), "--help").output
    assert f"Example:\n    prela keys {name or ''}" in output
    command = keys.commands[name] if name else keys
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help


def test_help_needs_no_heavy_import() -> None:
    script = (
        "import sys, prela_cli.keys\n"
        "print([m for m in ('rich', 'attrs', 'sqlite3', 'prela_server') if m in sys.modules])"
    )
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "[]\n" == output.stdout
