from __future__ import annotations

import contextlib
import os
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.errors import SettingsError
from prela_server.settings import (
    Accounts,
    Auth,
    ClickHouse,
    Environment,
    Kafka,
    SaslMechanism,
    Secret,
    SecurityProtocol,
    Settings,
    load,
    load_one,
    settings_of,
)

CANARY = "canary-hunter2-0123456789-0123456789"
SECRETS = [setting for setting in settings_of(Settings) if setting.variable.secret]
BEGINNINGS = {
    "DATABASE_URL": "postgresql://prela:{}@db.example/prela",
    "REDIS_URL": "rediss://:{}@cache.example:6380/0",
    "CLERK_SECRET_KEY": "sk_{}",
    "CLERK_WEBHOOK_SECRET": "whsec_{}",
    "STRIPE_SECRET_KEY": "rk_{}",
    "STRIPE_WEBHOOK_SECRET": "whsec_{}",
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PRELA_ENV_FILE", raising=False)


def read(**environ: str) -> Settings:
    return load(environ=environ).settings


def mistakes(env_file: Path | None = None, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(env_file, environ=environ)
    return list(caught.value.mistakes)


def test_the_names_of_the_original_table_are_read() -> None:
    found = read(
        ENVIRONMENT="Production",
        LOG_LEVEL="WARNING",
        PORT="80",
        DATABASE_URL="postgres://u:p@h/db",
        REDIS_URL="redis://h",
        JWT_SECRET="x" * 32,
        CORS_ORIGINS="https://a.example, http://localhost:5173",
        KAFKA_BOOTSTRAP_SERVERS="a.example:9092,b.example:9093",
        KAFKA_USERNAME="u",
        KAFKA_PASSWORD="p",  # noqa: S106 - nobody's
        KAFKA_SASL_MECHANISM="scram-sha-256",
        CLICKHOUSE_HOST="c.example",
        CLICKHOUSE_USER="u",
        CLICKHOUSE_PASSWORD="p",  # noqa: S106 - likewise
        CLICKHOUSE_SECURE="yes",
    )

    assert (Environment.PRODUCTION, "warning", 80) == (
        found.environment,
        found.log_level,
        found.port,
    )
    assert ("https://a.example", "http://localhost:5173") == found.cors_origins
    assert (
        Accounts(
            database_url=Secret("postgres://u:p@h/db"),
            redis_url=Secret("redis://h"),
            jwt_secret=Secret("x" * 32),
        )
        == found.accounts
    )
    assert (
        Kafka(
            bootstrap_servers=("a.example:9092", "b.example:9093"),
            username="u",
            password=Secret("p"),
            sasl_mechanism=SaslMechanism.SCRAM_SHA_256,
        )
        == found.kafka
    )
    assert SecurityProtocol.SASL_SSL is found.kafka.protocol
    assert (
        ClickHouse(host="c.example", username="u", password=Secret("p"), secure=True)
        == found.clickhouse
    )
    assert 8443 == found.clickhouse.http_port


def test_a_missing_setting_means_the_part_that_is_built_in() -> None:
    found = read()

    assert Settings() == found
    assert not found.kafka.is_set
    assert not found.clickhouse.is_set
    assert found.accounts.database_url is None


def test_of_two_names_our_own_wins_and_the_environment_wins_over_the_file() -> None:
    Path(".env").write_text("PRELA_PORT=1\nPRELA_AUTH=on\nPORT=2\n")

    assert 3 == read(PRELA_PORT="3", PORT="4").port
    # Whoever started this process said so; the file is what it is otherwise.
    assert 4 == read(PORT="4").port
    assert (1, Auth.ON) == (read().port, read().auth)


def test_a_command_line_wins_over_all() -> None:
    loaded = load(given={"port": 5, "host": None}, environ={"PRELA_PORT": "3"})

    assert (5, "127.0.0.1") == (loaded.settings.port, loaded.settings.host)
    assert "command line" == loaded.found["port"].origin


def test_where_each_came_from_is_known() -> None:
    Path(".env").write_text("# ours\n\nexport PRELA_AUTH='on' # quoted\nPORT=\n")

    loaded = load(environ={"CLICKHOUSE_USER": "u", "LOG_LEVEL": " "})

    assert {
        "auth": ("PRELA_AUTH", ".env line 3"),
        "clickhouse.username": ("CLICKHOUSE_USER", "environment"),
    } == {path: (found.name, found.origin) for path, found in loaded.found.items()}


def test_another_file_is_named_and_must_be_there(tmp_path: Path) -> None:
    other = tmp_path / "other.env"
    other.write_text("PORT=7")
    Path(".env").write_text("PORT=8")

    assert 7 == load(other, environ={}).settings.port
    assert 7 == read(PRELA_ENV_FILE=str(other)).port
    assert [f"{tmp_path / 'none'} can't be read: No such file or directory"] == mistakes(
        PRELA_ENV_FILE=str(tmp_path / "none")
    )


def test_every_mistake_is_said_at_once() -> None:
    Path(".env").write_text("PRELA_BUS_SPANS=many\n")

    assert [
        "LOG_LEVEL=loud: 'loud' is not one of debug, info, warning, error, critical",
        "PRELA_PORT=x: 'x' is not a whole number",
        "PRELA_BUS_SPANS=many: 'many' is not a whole number",
        (
            "CORS_ORIGINS=https://a/b: 'https://a/b' is more than an origin, which ends with host "
            "or port"
        ),
        "KAFKA_BOOTSTRAP_SERVERS=a: 'a' is not of the form host:port",
        "KAFKA_TOPIC_SPANS=a b: 'a b' is no name of a topic: 1 to 245 of A-Z a-z 0-9 . _ -",
        (
            "CLICKHOUSE_HOST=http://c: 'http://c' is not the name of a host alone; CLICKHOUSE_PORT "
            "and CLICKHOUSE_SECURE say the rest"
        ),
        "CLICKHOUSE_SECURE=maybe: 'maybe' is neither true nor false",
        "JWT_SECRET: it must be at least 32 characters long, not 5",
        "CLERK_PUBLISHABLE_KEY=x: 'x' does not begin with pk_",
        "STRIPE_SECRET_KEY: it does not begin with sk_ or rk_",
        "SMTP_FROM=me: 'me' is no address of mail",
        (
            "PRELA_AUTH=off on 0.0.0.0 would let everybody on the network read and write; bind "
            "127.0.0.1, use PRELA_AUTH=on, or say PRELA_AUTH=insecure"
        ),
    ] == mistakes(
        PRELA_PORT="x",
        LOG_LEVEL="loud",
        CORS_ORIGINS="https://a/b",
        KAFKA_BOOTSTRAP_SERVERS="a",
        KAFKA_TOPIC_SPANS="a b",
        CLICKHOUSE_HOST="http://c",
        CLICKHOUSE_SECURE="maybe",
        JWT_SECRET="short",  # noqa: S106 - nobody's
        CLERK_PUBLISHABLE_KEY="x",
        STRIPE_SECRET_KEY="x",  # noqa: S106 - likewise
        SMTP_FROM="me",
        PRELA_AUTH="off",
        PRELA_HOST="0.0.0.0",  # noqa: S104 - refused
    )


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"KAFKA_PASSWORD": "p"}, "KAFKA_PASSWORD is set, but KAFKA_BOOTSTRAP_SERVERS is not"),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": "a:1", "KAFKA_USERNAME": "u"},
            "KAFKA_USERNAME is set, but KAFKA_PASSWORD is not",
        ),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": "a:1", "KAFKA_SECURITY_PROTOCOL": "sasl_ssl"},
            "KAFKA_SECURITY_PROTOCOL=SASL_SSL needs KAFKA_USERNAME and KAFKA_PASSWORD",
        ),
        (
            {
                "KAFKA_BOOTSTRAP_SERVERS": "a:1",
                "KAFKA_SECURITY_PROTOCOL": "SSL",
                "KAFKA_USERNAME": "u",
                "KAFKA_PASSWORD": "p",
            },
            (
                "KAFKA_SECURITY_PROTOCOL=SSL would not use KAFKA_USERNAME; use SASL_SSL, or "
                "SASL_PLAINTEXT on a network you trust"
            ),
        ),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": "a:1", "KAFKA_SSL_CA": "/nowhere.pem"},
            "KAFKA_SSL_CA=/nowhere.pem: there is no such file",
        ),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": "a:1", "KAFKA_TOPIC_SPANS": "traces"},
            "KAFKA_TOPIC_TRACES and KAFKA_TOPIC_SPANS must be two topics",
        ),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": "a:1", "KAFKA_TOPIC_SPANS": "traces.dlq"},
            (
                "KAFKA_TOPIC_TRACES and KAFKA_TOPIC_SPANS: neither may be the topic of the other's "
                "dead letters"
            ),
        ),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": "a:1", "KAFKA_SSL_CA": __file__},
            "KAFKA_SSL_CA is set, but PLAINTEXT uses no TLS",
        ),
        ({"KAFKA_SSL_CA": "/x"}, "KAFKA_SSL_CA is set, but KAFKA_BOOTSTRAP_SERVERS is not"),
        ({"SMTP_PORT": "0"}, "SMTP_PORT=0: a port to connect to is between 1 and 65535"),
        ({"CLICKHOUSE_PASSWORD": "p"}, "CLICKHOUSE_PASSWORD is set, but CLICKHOUSE_HOST is not"),
        ({"SMTP_PASSWORD": "p"}, "SMTP_PASSWORD is set, but SMTP_HOST is not"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_does_not_fit_together_is_a_mistake(environ: dict[str, str], sentence: str) -> None:
    assert [sentence] == mistakes(**environ)


def test_what_could_not_be_read_is_not_called_missing() -> None:
    assert ["KAFKA_BOOTSTRAP_SERVERS=a: 'a' is not of the form host:port"] == mistakes(
        KAFKA_BOOTSTRAP_SERVERS="a",
        KAFKA_USERNAME="u",
        KAFKA_PASSWORD="p",  # noqa: S106 - nobody's
    )


@pytest.mark.parametrize("line", ["NAME", "= x", f"KEY='{CANARY}", CANARY])
def test_a_line_that_is_none_is_named_by_its_number(line: str) -> None:
    Path(".env").write_text(f"A=1\n\n{line}\n")

    assert [".env line 3: it is not of the form NAME=value"] == mistakes()


def test_a_slip_in_a_name_of_the_file_is_known() -> None:
    Path(".env").write_text("KAFKA_BOOTSTRAP_SERVER=a:1\nPOSTGRES_PASSWORD=p\n\nprela_port=1\n")

    strays = load(environ={"KAFKA_HOME": "/opt"}).strays

    assert [("KAFKA_BOOTSTRAP_SERVER", ".env line 1"), ("prela_port", ".env line 4")] == [
        (each.name, each.origin) for each in strays
    ]


def test_one_setting_is_read_without_a_look_at_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRELA_PORT", "x")
    Path(".env").write_text("PRELA_DATA_DIR=/srv/prela\n")
    monkeypatch.delenv("PRELA_DATA_DIR", raising=False)

    assert Path("/srv/prela") == load_one("data_dir")
    assert load_one("otlp_grpc_port") is None


@pytest.mark.parametrize("setting", SECRETS, ids=lambda each: each.path)
def test_no_secret_is_in_any_text(setting: Any) -> None:
    name = setting.variable.names[0]
    needed = {"KAFKA_BOOTSTRAP_SERVERS": "a:1", "KAFKA_USERNAME": "u"} | {
        "CLICKHOUSE_HOST": "c",
        "SMTP_HOST": "s",
        "KAFKA_PASSWORD": "p",
    }
    text = BEGINNINGS.get(name, "{}").format(CANARY)

    loaded = load(environ=needed | {name: text})

    value: Any = loaded.settings
    for part in setting.path.split("."):
        value = getattr(value, part)
    assert text == value.reveal()
    assert CANARY not in f"{loaded} {loaded!r} {value} {value!r} {[value]}"
    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(value)
    assert Secret(text) == value


@pytest.mark.parametrize("setting", SECRETS, ids=lambda each: each.path)
def test_no_secret_is_in_a_mistake(setting: Any) -> None:
    name = setting.variable.names[0]
    wrong = {"CLERK_SECRET_KEY", "CLERK_WEBHOOK_SECRET", "DATABASE_URL", "REDIS_URL"} | {
        "STRIPE_SECRET_KEY",
        "STRIPE_WEBHOOK_SECRET",
    }
    if name in wrong:
        text = f"mysql://{CANARY}"
    elif name == "JWT_SECRET":
        text = CANARY[:20]
    else:
        text = CANARY  # right by itself, and of no use alone

    with pytest.raises(SettingsError) as caught:
        load(environ={name: text})
    said = "".join(traceback.format_exception(caught.value))
    assert name in str(caught.value)
    assert CANARY[:20] not in said


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (
            "CLICKHOUSE_HOST",
            f"https://u:{CANARY}@h:8443",
            (
                "CLICKHOUSE_HOST: it is not the name of a host alone; CLICKHOUSE_PORT and "
                "CLICKHOUSE_SECURE say the rest"
            ),
        ),
        ("PRELA_HOST", f"u:{CANARY}:x@h", "PRELA_HOST: it is not the name of a host alone"),
        (
            "SMTP_HOST",
            f"smtp://u:{CANARY}'\"@h",
            "SMTP_HOST: it is not the name of a host alone; SMTP_PORT says the rest",
        ),
        (
            "KAFKA_BOOTSTRAP_SERVERS",
            f"a:1, SASL_SSL://u:{CANARY}@h:9092",
            "KAFKA_BOOTSTRAP_SERVERS: it is not of the form host:port",
        ),
        (
            "CORS_ORIGINS",
            f"https://u:{CANARY}@h",
            "CORS_ORIGINS: it is more than an origin, which ends with host or port",
        ),
        (
            "CLERK_PUBLISHABLE_KEY",
            f"sk_live_{CANARY}",
            "CLERK_PUBLISHABLE_KEY: it does not begin with pk_",
        ),
        ("PORT", f"https://u:{CANARY}@h:80", "PORT: it is not a whole number"),
    ],
)
def test_a_secret_in_the_wrong_place_is_not_quoted(name: str, text: str, sentence: str) -> None:
    assert [sentence] == mistakes(**{name: text})


def test_a_user_without_a_home_must_say_where_data_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("PRELA_DATA_DIR", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 9)

    assert [
        "PORT=x: 'x' is not a whole number",
        "the home directory of ~/.prela is not known: set PRELA_DATA_DIR",
    ] == mistakes(PORT="x")
    assert Path("/srv") == read(PRELA_DATA_DIR="/srv").data_dir


def test_origins_are_read_as_browsers_send_them() -> None:
    assert ("https://app.example",) == read(CORS_ORIGINS="https://App.Example").cors_origins


@pytest.mark.parametrize("host", ["db", "db-1.example.com", "10.0.0.1", "::1", "[fd00::2]"])
def test_a_host_is_a_name_or_an_address(host: str) -> None:
    found = read(CLICKHOUSE_HOST=host, PRELA_HOST=host)

    assert (host, host) == (found.clickhouse.host, found.host)


@given(
    st.dictionaries(
        st.sampled_from([s.variable.names[0] for s in settings_of(Settings)]),
        st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])),
    )
)
def test_whatever_is_set_is_read_or_refused_in_sentences(environ: dict[str, str]) -> None:
    with contextlib.suppress(SettingsError):
        assert isinstance(load(environ=environ).settings, Settings)
