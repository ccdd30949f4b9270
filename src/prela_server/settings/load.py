"""Reading all settings at once, with every mistake in them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from prela_core.errors import SettingsError
from prela_server.settings.settings import Settings
from prela_server.settings.sources import Found, from_environment, from_file
from prela_server.settings.variables import Setting, settings_of

__all__ = ["ENV_FILE", "Loaded", "load", "load_settings"]

ENV_FILE = Path(".env")
"""Read when it is in the working directory."""


@attrs.frozen
class Loaded:
    """The settings in force; `found` has, by path, what set those that are not the default."""

    settings: Settings
    found: Mapping[str, Found]


def load_settings(env_file: Path | None = None, given: Mapping[str, Any] | None = None) -> Settings:
    """Give the settings that `load` reads."""
    return load(env_file, given).settings


def load(
    env_file: Path | None = None,
    given: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Loaded:
    """Read the settings from `given` (by path, from a command line), the environment, and a file.

    The first wins. The file is `env_file`, which must be there, or else the one that
    `PRELA_ENV_FILE` names, or else `.env` if there is one. An empty variable is the same as
    none. Raises `SettingsError` with a sentence for every mistake, which names the variable.
    """
    environ = os.environ if environ is None else environ
    from_process = from_environment(environ)
    if env_file is None and "PRELA_ENV_FILE" in from_process:
        env_file = Path(from_process["PRELA_ENV_FILE"].text)
    mistakes: list[str] = []
    from_lines: Mapping[str, Found] = {}
    if env_file is not None or ENV_FILE.is_file():
        try:
            from_lines = from_file(env_file or ENV_FILE)
        except SettingsError as error:
            mistakes += error.mistakes
    values: dict[str, Any] = {}
    found: dict[str, Found] = {}
    unread: list[str] = []
    for setting in settings_of(Settings):
        if given and given.get(setting.path) is not None:
            values[setting.path] = given[setting.path]
            option = f"--{setting.path.replace('_', '-')}"
            found[setting.path] = Found(option, str(given[setting.path]), "command line")
            continue
        one = _first(setting, from_process) or _first(setting, from_lines)
        if one is None:
            continue
        try:
            values[setting.path] = _read(setting, one)
            found[setting.path] = one
        except SettingsError as error:
            mistakes += error.mistakes
            unread.append(setting.path)
    settings = _build(Settings, values)
    mistakes += settings.mistakes(unread)
    if mistakes:
        raise SettingsError(*mistakes)
    return Loaded(settings, found)


def _first(setting: Setting, found: Mapping[str, Found]) -> Found | None:
    return next((found[name] for name in setting.variable.names if name in found), None)


def _read(setting: Setting, one: Found) -> Any:
    try:
        value = setting.variable.read(one.text)
        setting.check(value)
    except ValueError as error:
        shown = one.name if setting.variable.secret else f"{one.name}={one.text}"
        # Of several arguments, attrs' own validators mean the first to be read.
        raise SettingsError(f"{shown}: {error.args[0]}") from None
    return value


def _build(settings_class: type[Any], values: Mapping[str, Any], at: str = "") -> Any:
    """Make an instance of the class and of the parts in it."""
    arguments: dict[str, Any] = {}
    for field in attrs.fields(settings_class):
        path = f"{at}{field.name}"
        if path in values:
            arguments[field.name] = values[path]
        elif any(name.startswith(f"{path}.") for name in values):
            arguments[field.name] = _build(field.type, values, f"{path}.")
    return settings_class(**arguments)
