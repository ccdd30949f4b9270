from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from prela_core.errors import SettingsError
from prela_server.settings import PREFIX, Auth, Settings, is_loopback, load_settings


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in attrs.fields(Settings):
        monkeypatch.delenv(f"{PREFIX}{field.name.upper()}", raising=False)


def test_without_settings_it_is_for_this_machine_alone() -> None:
    settings = load_settings()

    assert Settings() == settings
    assert ("127.0.0.1", 8000, Auth.AUTO) == (settings.host, settings.port, settings.auth)
    assert Path("~/.prela").expanduser() == settings.data_dir
    assert settings.is_local
    assert not settings.asks_for_keys


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("host", "::1", "::1"),
        ("port", "0", 0),
        ("port", " 65535\n", 65535),
        ("data_dir", "/srv/prela", Path("/srv/prela")),
        ("data_dir", "~/x", Path("~/x").expanduser()),
        ("auth", "on", Auth.ON),
        ("auth", "Insecure", Auth.INSECURE),
        ("retention_days", "0", 0),
        ("max_body_bytes", "1", 1),
        ("body_seconds", "5", 5),
        ("bus_spans", "10", 10),
        ("shutdown_seconds", "3", 3),
        ("otlp_grpc_port", "4317", 4317),
        ("otlp_drop_scopes", "a.b", ("a.b",)),
        ("otlp_drop_scopes", " a.*, ,@b/c ,", ("a.*", "@b/c")),
    ],
)
def test_every_setting_has_a_variable(
    name: str, text: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"PRELA_{name.upper()}", text)

    assert attrs.evolve(Settings(), **{name: value}) == load_settings()


@pytest.mark.parametrize("field", attrs.fields(Settings), ids=lambda field: field.name)
@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_variable_is_none(
    field: attrs.Attribute[Any], empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"PRELA_{field.name.upper()}", empty)

    assert Settings() == load_settings()


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("PORT", "http", "'http' is not a whole number"),
        ("PORT", "80.5", "'80.5' is not a whole number"),
        ("PORT", "8_000", "'8_000' is not a whole number"),
        ("PORT", "٨٠", "'٨٠' is not a whole number"),
        ("DATA_DIR", "~nobody-of-this-name/x", "begins with a home directory that nobody knows"),
        ("PORT", "-1", "port must be between 0 and 65535, not -1"),
        ("PORT", "65536", "port must be between 0 and 65535, not 65536"),
        ("PORT", "9" * 5000, "is not a whole number"),
        ("AUTH", "yes", "'yes' is not one of auto, on, off, insecure"),
        ("RETENTION_DAYS", "-1", "retention_days must be between 0 and 36500, not -1"),
        ("RETENTION_DAYS", "90d", "'90d' is not a whole number"),
        ("MAX_BODY_BYTES", "0", "max_body_bytes must be at least 1, not 0"),
        ("MAX_BODY_BYTES", "20MB", "'20MB' is not a whole number"),
        ("BODY_SECONDS", "0", "body_seconds must be at least 1, not 0"),
        ("BUS_SPANS", "-5", "bus_spans must be at least 1, not -5"),
        ("SHUTDOWN_SECONDS", "0", "shutdown_seconds must be at least 1, not 0"),
    ],
)
def test_what_can_not_be_used_is_one_sentence_that_names_the_variable(
    name: str, text: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"PRELA_{name}", text)

    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert f"PRELA_{name}={text}: " in str(caught.value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("auth", "host", "asks"),
    [
        (Auth.AUTO, "127.0.0.1", False),
        (Auth.AUTO, "localhost", False),
        (Auth.AUTO, "0.0.0.0", True),  # noqa: S104 - never bound here
        (Auth.AUTO, "prela.test", True),
        (Auth.ON, "127.0.0.1", True),
        (Auth.ON, "0.0.0.0", True),  # noqa: S104 - likewise
        (Auth.OFF, "::1", False),
        (Auth.INSECURE, "0.0.0.0", False),  # noqa: S104 - likewise
    ],
)
def test_keys_are_asked_for_where_others_can_come(auth: Auth, host: str, *, asks: bool) -> None:
    settings = Settings(auth=auth, host=host)
    settings.check()

    assert asks is settings.asks_for_keys


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "prela.test", ""])  # noqa: S104 - refused, not bound
def test_no_keys_on_a_network_must_be_said_by_name(host: str) -> None:
    with pytest.raises(SettingsError, match="PRELA_AUTH=insecure"):
        Settings(auth=Auth.OFF, host=host).check()
    Settings(auth=Auth.INSECURE, host=host).check()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "LOCALHOST"]
)
def test_what_only_this_machine_can_reach(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "0.0.0.0",  # noqa: S104 - a name here
        "::",
        "10.0.0.1",
        "localhost.evil.test",
        "127.0.0.1.nip.io",
        "1",
        "[",
        "2130706433",
    ],
)
def test_what_others_can_reach_or_nobody_knows(host: str) -> None:
    assert not is_loopback(host)
