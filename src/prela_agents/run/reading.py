"""The file and the environment, into settings."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import cattrs
from cattrs.v import format_exception

from prela_agents.model import Platform, Profile
from prela_agents.ours import PRELA
from prela_agents.run.checking import ADDRESS, wrong_profile
from prela_agents.run.settings import ClickHouse, Secrets, Settings
from prela_core.errors import SettingsError

__all__ = ["CONFIG", "read_settings"]

CONFIG = "prela-agents.toml"
"""Where the file is looked for, in the directory that the program is run in."""

_FOLDER = "agents"
_HOST = re.compile(r"[^\s/]+:[0-9]{1,5}")
_LAST_PORT = 65_535
_CARRIED = re.compile(r"[!-~]+")


@attrs.frozen(kw_only=True)
class _File:
    """The file, as it is written. `profile` says what `prela_agents.model.Profile` holds."""

    profile: Profile = attrs.field(factory=lambda: Profile(us=PRELA))
    docs: str = "docs"
    model: str = "rules"
    project: str = "default"
    endpoints: dict[str, str] = attrs.field(factory=dict)
    allowed_hosts: tuple[str, ...] = ()
    budgets: dict[str, float] = attrs.field(factory=dict)


def read_settings(
    environ: Mapping[str, str],
    *,
    config: Path | None = None,
    directory: Path | None = None,
    model: str | None = None,
    data_dir: Path | None = None,
) -> Settings:
    """Read the settings.

    The file is `config`, or what `PRELA_AGENTS_CONFIG` names, or `prela-agents.toml` if it is
    there; without one the agents work for Prela itself. What the environment says goes before the
    file, and the arguments before both. `data_dir` is Prela's data directory, below which the
    agents' is by default. Raises `SettingsError`, with a sentence for each mistake.
    """
    path = config or _named(environ)
    said = _file(path) if path is not None else _File()
    base = path.parent if path is not None else Path()
    chosen = _directory(environ, directory, data_dir)
    endpoints = said.endpoints | {
        str(platform): url
        for platform in Platform
        if (url := environ.get(f"PRELA_AGENTS_{platform.name}_URL", ""))
    }
    secrets = _secrets(environ)
    allowed_hosts = said.allowed_hosts + _list(environ, "PRELA_AGENTS_ALLOWED_HOSTS")
    mistakes = [
        *wrong_profile(said.profile),
        *_unknown(endpoints, "endpoints"),
        *_unknown(said.budgets, "budgets"),
        *_wrong_values(endpoints, said.budgets, allowed_hosts),
        *_wrong_secrets(secrets),
    ]
    clickhouse = _clickhouse(environ, mistakes)
    if mistakes:
        raise SettingsError(*mistakes)
    docs = environ.get("PRELA_AGENTS_DOCS", "")
    return Settings(
        profile=said.profile,
        directory=chosen,
        docs=_at_home(Path(docs)) if docs else base / _at_home(Path(said.docs)),
        model=model or environ.get("PRELA_AGENTS_MODEL", "") or said.model,
        project=environ.get("PRELA_AGENTS_PROJECT", "") or said.project,
        endpoints=endpoints,
        allowed_hosts=allowed_hosts,
        budgets=said.budgets,
        secrets=secrets,
        clickhouse=clickhouse,
        exporter=_exporter(environ, clickhouse, chosen),
    )


def _directory(environ: Mapping[str, str], given: Path | None, data_dir: Path | None) -> Path:
    chosen = given or _path(environ, "PRELA_AGENTS_DIR")
    if chosen is None:
        above = data_dir or _path(environ, "PRELA_DATA_DIR") or Path("~/.prela")
        chosen = above / _FOLDER
    return _at_home(chosen, "set PRELA_AGENTS_DIR")


def _at_home(path: Path, else_: str = "give a path without ~") -> Path:
    """Give a path with `~` written out."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise SettingsError(f"the home directory of {path} is not known: {else_}") from None


def _named(environ: Mapping[str, str]) -> Path | None:
    named = _path(environ, "PRELA_AGENTS_CONFIG")
    if named is not None:
        return _at_home(named)
    return Path(CONFIG) if Path(CONFIG).is_file() else None


def _file(path: Path) -> _File:
    try:
        with path.open("rb") as file:
            said = tomllib.load(file)
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no TOML: {error}") from error
    _complete(said)
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(float, _number)
    each_of = converter.get_structure_hook(tuple[str, ...])
    converter.register_structure_hook_func(
        lambda kind: kind == tuple[str, ...],
        # A text would be taken for the list of its letters.
        lambda said, kind: each_of(_listed(said), kind),
    )
    try:
        return converter.structure(said, _File)
    except cattrs.BaseValidationError as error:
        raise SettingsError(
            *(f"{path}: {each}" for each in cattrs.transform_error(error, "file", _worded))
        ) from error


def _complete(said: dict[str, Any]) -> None:
    """Take what the file leaves out about Prela itself from what is known of it."""
    profile = said.setdefault("profile", {})
    us = profile.setdefault("us", {}) if isinstance(profile, dict) else None
    if isinstance(us, dict) and us.setdefault("name", PRELA.name) == PRELA.name:
        for name, value in attrs.asdict(PRELA).items():
            us.setdefault(name, value)


def _text(value: Any, _: type) -> str:
    # A number or a list would be made a text of, and looked for on the net.
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")  # noqa: TRY004 - as cattrs asks for
    return value


def _number(value: Any, _: type) -> float:
    # "5" and true would be 5 and 1.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")  # noqa: TRY004 - as cattrs asks for
    return float(value)


def _worded(error: BaseException, kind: type | None) -> str:
    """Say what a value was, where the error does; cattrs says only what it was to be."""
    if isinstance(error, AttributeError):  # a text in the place of a table has no keys
        return "that is no table"
    return str(error) if type(error) is ValueError else format_exception(error, kind)


def _listed(value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{value!r} is no list")  # noqa: TRY004 - as cattrs asks for
    return value


def _wrong_values(
    endpoints: Mapping[str, str], budgets: Mapping[str, float], allowed_hosts: Sequence[str]
) -> Iterator[str]:
    """Say what would be taken without a word, and then hold nothing or reach nobody."""
    for name, url in endpoints.items():
        if not ADDRESS.match(url):
            yield f"endpoints.{name} is an address such as https://{name}.example, not {url!r}"
    for name, usd in budgets.items():
        if not 0 <= usd < float("inf"):
            yield f"budgets.{name} is dollars a month, 0 or more, not {usd}"
    for host in allowed_hosts:
        if not _HOST.fullmatch(host) or int(host.rpartition(":")[2]) > _LAST_PORT:
            yield f"allowed_hosts are like 10.0.0.7:80, with a port, not {host!r}"


def _wrong_secrets(secrets: Secrets) -> Iterator[str]:
    """Name those that no header can carry, such as with a blank that was copied along."""
    for field, variable in Secrets.variables().items():
        said = getattr(secrets, field)
        if said and not _CARRIED.fullmatch(said):
            yield f"{variable} holds a blank, or a character that no login has; copy it again"


def _unknown(said: Mapping[str, Any], where: str) -> list[str]:
    known = {str(each) for each in Platform} | {"pypistats", "hackernews_items"}
    return [
        f"{where}.{name} is no platform; there are {', '.join(sorted(known))}"
        for name in said
        if name not in known
    ]


def _path(environ: Mapping[str, str], variable: str) -> Path | None:
    said = environ.get(variable, "")
    return Path(said) if said else None


def _list(environ: Mapping[str, str], variable: str) -> tuple[str, ...]:
    return tuple(part for each in environ.get(variable, "").split(",") if (part := each.strip()))


def _secrets(environ: Mapping[str, str]) -> Secrets:
    variables = Secrets.variables()
    return Secrets(**{name: environ.get(each, "").strip() for name, each in variables.items()})


def _clickhouse(environ: Mapping[str, str], mistakes: list[str]) -> ClickHouse:
    """Read the variables that `prela serve` reads as well."""
    secure = environ.get("CLICKHOUSE_SECURE", "").strip().lower() in {"1", "true", "yes", "on"}
    port = environ.get("CLICKHOUSE_PORT", "").strip()
    if port and not (port.isascii() and port.isdigit()):
        mistakes.append(f"CLICKHOUSE_PORT is a number, not {port!r}")
        port = ""
    return ClickHouse(
        host=environ.get("CLICKHOUSE_HOST", "").strip(),
        port=int(port) if port else (8443 if secure else 8123),
        username=environ.get("CLICKHOUSE_USERNAME") or environ.get("CLICKHOUSE_USER") or "default",
        password=environ.get("CLICKHOUSE_PASSWORD", ""),
        database=environ.get("CLICKHOUSE_DATABASE") or "default",
        secure=secure,
    )


def _exporter(environ: Mapping[str, str], clickhouse: ClickHouse, directory: Path) -> str | None:
    """Say where traces go: where the environment says, else into the agents' own directory."""
    if environ.get("PRELA_EXPORTER") or environ.get("PRELA_URL") or clickhouse.host:
        return None  # `prela_core.init` reads them
    return f"store:{directory}"
