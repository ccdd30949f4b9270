"""What can be set, by environment variables that begin with `PRELA_`."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs
import typed_settings
from typed_settings.exceptions import TsError
from typed_settings.loaders import EnvLoader
from typed_settings.types import (
    LoadedSettings,
    LoaderMeta,
    OptionList,
    SettingsClass,
    SettingsDict,
)

from prela_core.errors import SettingsError
from prela_core.io.data_directory import default_data_directory
from prela_core.store.migrations import MAX_RETENTION_DAYS

__all__ = ["PREFIX", "Auth", "Settings", "is_loopback", "load_settings"]

PREFIX = "PRELA_"
"""What the name of each setting's variable begins with."""


class Auth(StrEnum):
    """When API keys are asked for."""

    AUTO = "auto"
    """Not on a loopback address, on any other."""
    ON = "on"
    OFF = "off"
    """Never; only a loopback address may be bound."""
    INSECURE = "insecure"
    """Never, on any address: whoever reaches the port reads and writes everything."""


def _port(_: object, __: object, value: int) -> None:
    if not 0 <= value < 65536:  # noqa: PLR2004 - the ports of TCP
        raise ValueError(f"port must be between 0 and 65535, not {value}")


def _positive(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    if value < 1:
        raise ValueError(f"{attribute.name} must be at least 1, not {value}")


def _days(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    if not 0 <= value <= MAX_RETENTION_DAYS:
        raise ValueError(
            f"{attribute.name} must be between 0 and {MAX_RETENTION_DAYS}, not {value}"
        )


@attrs.frozen(kw_only=True)
class Settings:
    """The settings of the embedded server.

    `host` and `port` are what is bound (port 0: any free one). Spans are kept for
    `retention_days` (0: for ever). `max_body_bytes` bounds a request's body after
    decompression. `bus_spans` is how many spans may wait to be stored. `shutdown_seconds` is
    how long a stopping server may take to finish what it has begun. Spans that come as OTLP from
    an instrumentation scope of `otlp_drop_scopes` are thrown away: globs, parted by commas, such
    as `opentelemetry.instrumentation.fastapi,@opentelemetry/instrumentation-http`. OTLP over gRPC
    is taken at `otlp_grpc_port` of the same host (0: any free one), or not at all without one.
    """

    host: str = "127.0.0.1"
    port: int = attrs.field(default=8000, validator=_port)
    data_dir: Path = attrs.field(factory=default_data_directory)
    auth: Auth = Auth.AUTO
    retention_days: int = attrs.field(default=90, validator=_days)
    max_body_bytes: int = attrs.field(default=20 * 1024 * 1024, validator=_positive)
    body_seconds: int = attrs.field(default=25, validator=_positive)
    bus_spans: int = attrs.field(default=100_000, validator=_positive)
    shutdown_seconds: int = attrs.field(default=20, validator=_positive)
    otlp_drop_scopes: tuple[str, ...] = ()
    otlp_grpc_port: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(_port)
    )

    @property
    def asks_for_keys(self) -> bool:
        """Whether requests need an API key."""
        if self.auth is Auth.AUTO:
            return not is_loopback(self.host)
        return self.auth is Auth.ON

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    def check(self) -> None:
        """Refuse what would open the data to a network by mistake, with `SettingsError`."""
        if self.auth is Auth.OFF and not is_loopback(self.host):
            raise SettingsError(
                f"PRELA_AUTH=off on {self.host} would let everybody on the network read and "
                "write; bind 127.0.0.1, use PRELA_AUTH=on, or say PRELA_AUTH=insecure"
            )


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def load_settings() -> Settings:
    """Read the settings from the environment; an empty variable is the same as none.

    Raises `SettingsError` with a sentence that names the variable.
    """
    try:
        return typed_settings.load_settings(Settings, [_Environment(prefix=PREFIX)])
    except (TsError, ValueError) as error:
        raise SettingsError(f"the settings can't be used: {error}") from error


class _Environment(EnvLoader):
    """Reads and checks each variable by itself, for the library's errors do not name them."""

    def __call__(self, settings_cls: SettingsClass, options: OptionList) -> LoadedSettings:
        del settings_cls
        values: SettingsDict = {}
        for option in options:
            name = self.get_envvar(option)
            text = os.environ.get(name, "").strip()
            if not text:
                continue
            try:
                value = _READERS[option.cls](text)
                field = attrs.fields_dict(Settings)[option.path]
                if field.validator is not None:
                    field.validator(None, field, value)
            except ValueError as error:
                raise SettingsError(f"{name}={text}: {error}") from None
            values[option.path] = value
        return LoadedSettings(values, LoaderMeta(self))


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def _auth(text: str) -> Auth:
    try:
        return Auth(text.lower())
    except ValueError:
        raise ValueError(f"{text!r} is not one of {', '.join(Auth)}") from None


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


_READERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    int: _whole_number,
    int | None: _whole_number,
    tuple[str, ...]: _words,
    Path: lambda text: Path(text).expanduser(),
    Auth: _auth,
}
