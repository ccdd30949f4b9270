"""Reading all settings at once, with every mistake in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from prela_core.errors import SettingsError
from prela_server.settings.secret import may_hold_one
from prela_server.settings.settings import Settings
from prela_server.settings.sources import Found, from_environment, from_file
from prela_server.settings.variables import Setting, settings_of

__all__ = ["ENV_FILE", "ENV_FILE_NAMED", "Loaded", "load", "load_one", "load_settings"]

ENV_FILE = Path(".env")
"""Read when it is in the working directory, unless another is named."""

ENV_FILE_NAMED = "PRELA_ENV_FILE"
"""The variable that names another."""


@attrs.frozen
class Loaded:
    """The settings in force; `found` has, by path, what set those that are not the default.

    `strays` are names in the file that begin as those of settings do, and are none: a slip in a
    name would else mean the part that is built in, and nobody would be told.
    """

    settings: Settings
    found: Mapping[str, Found]
    strays: tuple[Found, ...] = ()


def load_settings(env_file: Path | None = None, given: Mapping[str, Any] | None = None) -> Settings:
    """Give the settings that `load` reads."""
    return load(env_file, given).settings


def load(
    env_file: Path | None = None,
    given: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Loaded:
    """Read the settings from `given` (by path, from a command line), the environment, and a file.

    The first wins. The file is `env_file`, or else the one that `PRELA_ENV_FILE` names, or else
    `.env` if there is one. An empty variable is the same as none. Raises `SettingsError` with a
    sentence for every mistake, which names the variable.
    """
    sources, mistakes = _sources(env_file, os.environ if environ is None else environ)
    values = {path: value for path, value in (given or {}).items() if value is not None}
    found = {
        path: Found(f"--{path.replace('_', '-')}", str(value), "command line")
        for path, value in values.items()
    }
    unread: list[str] = []
    for setting in settings_of(Settings):
        one = None if setting.path in values else _first(setting, sources)
        if one is None:
            continue
        try:
            values[setting.path] = _read(setting, one)
            found[setting.path] = one
        except SettingsError as error:
            mistakes += error.mistakes
            unread.append(setting.path)
    try:
        settings = _build(Settings, values)
    except SettingsError as error:  # what has no default here
        raise SettingsError(*mistakes, *(() if "data_dir" in unread else error.mistakes)) from None
    mistakes += settings.mistakes(unread)
    if mistakes:
        raise SettingsError(*mistakes)
    return Loaded(settings, found, tuple(_strays(sources[1:])))


def load_one(path: str) -> Any:
    """Give the setting at `path` if the environment or the file sets it, and look at no other.

    Raises `SettingsError` when it can't be read, or the file can't.
    """
    sources, mistakes = _sources(None, os.environ)
    if mistakes:
        raise SettingsError(*mistakes)
    setting = next(each for each in settings_of(Settings) if each.path == path)
    one = _first(setting, sources)
    return None if one is None else _read(setting, one)


_Sources = list[Mapping[str, Found]]

_QUOTED = re.compile(r"^(['\"]).*\1", re.DOTALL)
"""What a reader quotes at the beginning of its sentence, as `repr` does."""


def _sources(env_file: Path | None, environ: Mapping[str, str]) -> tuple[_Sources, list[str]]:
    """Give what the environment and the file say, and what is wrong with the file."""
    process = from_environment(environ)
    if env_file is None and ENV_FILE_NAMED in process:
        env_file = Path(process[ENV_FILE_NAMED].text)
    if env_file is None and not ENV_FILE.is_file():
        return [process], []
    try:
        return [process, from_file(env_file or ENV_FILE)], []
    except SettingsError as error:
        return [process], [*error.mistakes]


def _strays(files: _Sources) -> Iterator[Found]:
    known = {name for setting in settings_of(Settings) for name in setting.variable.names}
    beginnings = tuple({name.partition("_")[0] + "_" for name in known if "_" in name})
    for file in files:
        for name, found in file.items():
            if name not in known and name.upper().startswith(beginnings):
                yield found


def _first(setting: Setting, sources: _Sources) -> Found | None:
    names = setting.variable.names
    return next((found[name] for found in sources for name in names if name in found), None)


def _read(setting: Setting, one: Found) -> Any:
    try:
        value = setting.variable.read(one.text)
        setting.check(value)
    except ValueError as error:
        # Of several arguments, attrs' own validators mean the first to be read.
        why = error.args[0]
        if setting.variable.secret:
            raise SettingsError(f"{one.name}: {why}") from None
        if may_hold_one(one.text):
            raise SettingsError(f"{one.name}: {_QUOTED.sub('it', why)}") from None
        raise SettingsError(f"{one.name}={one.text}: {why}") from None
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
