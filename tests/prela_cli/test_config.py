from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from prela_server.settings import Settings, settings_of

Run = Callable[..., Result]

CANARY = "canary-hunter2-0123456789-0123456789"


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PRELA_ENV_FILE", raising=False)
    for setting in settings_of(Settings):
        for name in setting.variable.names:
            monkeypatch.delenv(name, raising=False)


def rows(output: str) -> dict[str, dict[str, object]]:
    return {row["variables"][0]: row for row in json.loads(output)}


def test_every_setting_is_shown_with_where_it_came_from(run: Run) -> None:
    Path(".env").write_text("CORS_ORIGINS=https://a.example,https://b.example\n")

    shown = rows(run("config", "--json", PORT="99", CLICKHOUSE_SECURE="on").output)

    assert [setting.variable.names[0] for setting in settings_of(Settings)] == list(shown)
    assert ("99", "environment (PORT)") == (
        shown["PRELA_PORT"]["value"],
        shown["PRELA_PORT"]["origin"],
    )
    assert ("https://a.example,https://b.example", ".env line 1 (CORS_ORIGINS)") == (
        shown["CORS_ORIGINS"]["value"],
        shown["CORS_ORIGINS"]["origin"],
    )
    assert "true" == shown["CLICKHOUSE_SECURE"]["value"]
    assert ("development", "default") == (
        shown["ENVIRONMENT"]["value"],
        shown["ENVIRONMENT"]["origin"],
    )
    assert shown["DATABASE_URL"]["value"] is None


def test_a_slip_in_a_name_is_said_and_what_others_read_is_not(run: Run) -> None:
    Path(".env").write_text("KAFKA_BOOTSTRAP_SERVER=a:1\nPRELA_URL=http://a\nWORKERS=2\n")

    result = run("config", "--json")

    assert 0 == result.exit_code
    assert "prela: .env line 1: nothing here reads KAFKA_BOOTSTRAP_SERVER\n" == result.stderr


def test_what_nothing_uses_yet_is_said(run: Run) -> None:
    shown = rows(run("config", "--json").output)

    assert not shown["STRIPE_SECRET_KEY"]["used"]
    assert shown["KAFKA_PASSWORD"]["used"]
    (line,) = [line for line in run("config").output.splitlines() if "STRIPE_SECRET_KEY" in line]
    assert line.strip().endswith("not used yet")


def test_secrets_are_masked_in_either_form(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "production.env"
    file.write_text(
        f"DATABASE_URL=postgresql://u:{CANARY}@h/db\nJWT_SECRET={CANARY}\n"
        f"KAFKA_BOOTSTRAP_SERVERS=k:9092\nKAFKA_USERNAME=u\nKAFKA_PASSWORD={CANARY}\n"
        f"CLICKHOUSE_HOST=c\nCLICKHOUSE_PASSWORD={CANARY}\nREDIS_URL=redis://:{CANARY}@r\n"
    )

    for arguments in ([], ["--json"]):
        result = run("config", "--env-file", str(file), *arguments)
        assert 0 == result.exit_code
        assert CANARY not in result.output
        assert 5 == result.output.count("********")


def test_every_mistake_is_a_line_of_its_own_and_no_secret_is_in_one(run: Run) -> None:
    result = run("config", PRELA_PORT="x", LOG_LEVEL="loud", DATABASE_URL=f"mysql://{CANARY}@h")

    assert 2 == result.exit_code
    assert [
        "prela: LOG_LEVEL=loud: 'loud' is not one of debug, info, warning, error, critical",
        "prela: PRELA_PORT=x: 'x' is not a whole number",
        (
            "prela: DATABASE_URL: it is not an address that begins with postgresql:// or "
            "postgres:// or postgresql+asyncpg://"
        ),
    ] == result.stderr.splitlines()
    assert CANARY not in result.output


def test_a_file_that_is_not_there_is_a_wrong_command_line(run: Run) -> None:
    assert 2 == run("config", "--env-file", "nowhere.env").exit_code


def test_a_value_can_not_act_on_a_terminal(run: Run) -> None:
    result = run("config", KAFKA_USERNAME="\x1b[31m", KAFKA_BOOTSTRAP_SERVERS="k:1", **SASL)

    assert 0 == result.exit_code
    assert "\x1b" not in result.output


SASL = {"KAFKA_PASSWORD": "p"}
