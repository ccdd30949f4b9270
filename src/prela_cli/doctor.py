"""`prela doctor`: check this installation and its data, and say what to mend."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from importlib import metadata
from pathlib import Path

import attrs
import click

from prela_cli.data_dir import data_dir_option
from prela_cli.env_file import OF_COMMANDS, OF_PROGRAMS, strays
from prela_cli.output import show_json
from prela_cli.render.plain import clean
from prela_cli.server_options import Target, target_options
from prela_core.errors import PrelaError, SettingsError

__all__ = ["Finding", "doctor"]

_LIBRARIES = {
    "chdb": "embedded",
    "clickhouse-connect": "clickhouse",
    "pyarrow": "clickhouse",
    "starlette": "server",
    "uvicorn": "server",
    "python-dotenv": "server",
    "zstandard": "server",
    "aiokafka": "kafka",
}
_LIBRARIES_OF_SERVICES = {"PostgreSQL": ("psycopg", "postgres"), "Redis": ("redis", "redis")}
"""Looked for where the settings name the service."""

_LITTLE_SPACE = 1 << 30


@attrs.frozen
class Finding:
    """What one check saw. `remedy` says what to do when it is not well."""

    check: str
    well: bool
    detail: str
    remedy: str = ""


@click.command()
@data_dir_option
@target_options
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON document.")
def doctor(data_dir: Path, target: Target, as_json: bool) -> None:
    """Check this installation and say what to mend.

    Checked are Python, the libraries, the settings, the services that they name, the data
    directory, the space on its disk, the engine, and the server if one runs, with where its URL
    and key come from. Where ClickHouse is set, no engine is needed. The exit code is 1 when
    something is not well.

    \b
    Example:
      prela doctor
      prela doctor --url http://127.0.0.1:8000 --json
    """
    findings = list(_examine(data_dir, target))
    if as_json:
        show_json(findings)
    else:
        for finding in findings:
            _print(finding)
    if not all(finding.well for finding in findings):
        sys.exit(1)


def _print(finding: Finding) -> None:
    mark = click.style("ok ", fg="green") if finding.well else click.style("BAD", fg="red")
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(f"{mark}  {finding.check:<18} {clean(finding.detail, encoding)}")
    if finding.remedy:
        click.echo(f"{'':<24}{clean(finding.remedy, encoding)}")


def _examine(directory: Path, target: Target) -> Iterator[Finding]:
    yield Finding("python", well=True, detail=f"{sys.version.split()[0]} at {sys.executable}")
    services = _services()
    yield from _libraries(services)
    yield _compiled()
    yield _checked("settings", _settings)
    for name, answers in services.items():
        yield _checked(name, answers)
    yield _disk(directory)
    found = _checked("data directory", lambda: _data_directory(directory))
    yield found
    yield from _aside(directory)
    # Both are looked for in the directory, and would only repeat what is wrong with it.
    if found.well and "ClickHouse" not in services:
        yield _checked("engine", lambda: _engine(directory))
    yield Finding("server's URL", well=True, detail=_named(target))
    yield Finding("API key", well=True, detail=_key(target))
    if found.well or target.url:
        yield _checked("server", lambda: _server(directory, target))


def _services() -> dict[str, Callable[[], str]]:
    """Give what asks each service that is set; nothing when the settings can't be read."""
    import asyncio
    import logging

    try:
        from prela_server.compose.services import Look, services
        from prela_server.settings import load_settings

        settings = load_settings()
    except (ModuleNotFoundError, SettingsError):
        return {}
    # What the driver says of each try is no more than the finding does.
    logging.getLogger("urllib3").addHandler(logging.NullHandler())
    logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())

    def asks(look: Look) -> Callable[[], str]:
        def answers() -> str:
            more = asyncio.run(look(settings))
            return "; ".join(filter(None, ["answers", more]))

        return answers

    return {name: asks(look) for name, look in services(settings).items()}


def _libraries(services: Collection[str]) -> Iterator[Finding]:
    libraries = _LIBRARIES | dict(
        of for name, of in _LIBRARIES_OF_SERVICES.items() if name in services
    )
    for name, extra in libraries.items():
        try:
            yield Finding(name, well=True, detail=metadata.version(name))
        except metadata.PackageNotFoundError:
            # Kafka is for several machines; nothing on one misses it. Nor is the engine missed
            # where there is a ClickHouse.
            spared = {"kafka": "Kafka" not in services, "embedded": "ClickHouse" in services}
            yield Finding(
                name,
                well=spared.get(extra, False),
                detail="not installed",
                remedy=f"pip install 'prela-core[{extra}]'",
            )


def _compiled() -> Finding:
    from prela_core.compiled import why_not

    said = f"not in use, Python does it all: {fault}" if (fault := why_not()) else "in use"
    return Finding("compiled parts", well=True, detail=said)


def _checked(check: str, examine: Callable[[], str]) -> Finding:
    try:
        return Finding(check, well=True, detail=examine())
    except ModuleNotFoundError as error:
        return Finding(check, well=False, detail=f"{error.name} is missing")
    except (PrelaError, OSError) as error:
        return Finding(check, well=False, detail=str(error))


def _settings() -> str:
    from prela_server.settings import PREFIX, Settings, load, settings_of

    loaded = load()
    known = {name for setting in settings_of(Settings) for name in setting.variable.names}
    of_others = {name for name in OF_COMMANDS | OF_PROGRAMS if os.environ.get(name)}
    read = ", ".join(sorted({found.name for found in loaded.found.values()} | of_others))
    unknown = ", ".join(
        name
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known | OF_COMMANDS | OF_PROGRAMS
    )
    said = f"from {read}" if read else "all defaults"
    if unknown:
        said += f"; nothing here reads {unknown}"
    return "; ".join([said, *strays(loaded)])


def _existing(directory: Path) -> Path:
    return next(path for path in (directory, *directory.absolute().parents) if path.exists())


def _disk(directory: Path) -> Finding:
    existing = _existing(directory)
    free = shutil.disk_usage(existing).free
    return Finding(
        "disk",
        well=free >= _LITTLE_SPACE,
        detail=f"{free / 1e9:.1f} GB free below {existing}",
        remedy="" if free >= _LITTLE_SPACE else "make room, or choose another --data-dir",
    )


def _data_directory(directory: Path) -> str:
    from prela_core.io.data_directory import holder_of, unusable

    if not directory.exists():
        try:
            # Nothing else tells surely whether a directory can be made there.
            tempfile.TemporaryDirectory(prefix=".prela-", dir=_existing(directory)).cleanup()
        except OSError as error:
            raise unusable(directory, error) from error
        return f"{directory} does not exist yet; it is made when it is needed"
    if not os.access(directory, os.W_OK):
        raise OSError(f"{directory} can't be written to by this user")
    holder = holder_of(directory)
    if holder is None:
        return f"{directory}, not in use"
    where = f" at {holder.url}" if holder.url else ""
    return f"{directory}, open in `{holder.command}` (process {holder.pid}){where}"


def _aside(directory: Path) -> Iterator[Finding]:
    """Tell of what was accepted and could not be stored, if anything."""
    from prela_core.io.data_directory import DataDirectory
    from prela_core.io.insert_journal import JOURNAL, Aside, kept_aside

    there = DataDirectory(directory, command="").store_path / JOURNAL
    # The torn end of a journal was never accepted.
    files = [path for path in kept_aside(there) if not path.name.startswith(Aside.TORN)]
    if files:
        names = ", ".join(path.name for path in files)
        yield Finding(
            "kept aside",
            well=False,
            detail=f"accepted, and not in the store: {names} in {there}",
            remedy="the server's log says why; when nobody needs them, delete the files",
        )


def _engine(directory: Path) -> str:
    """Write and read in the engine: in the directory if nobody has it, else in one of our own."""
    from prela_cli.source import open_directory
    from prela_core.io.clickhouse_words import said_of_index
    from prela_core.io.data_directory import holder_of, is_data_directory

    if is_data_directory(directory) and holder_of(directory) is None:
        with open_directory(directory) as store:
            store.ping()
            more = said_of_index(store.indexed_rows())
            cells = _with_cells(*store.cells.progress())
        return "; ".join(filter(None, ["opens the data directory and answers", more, cells]))
    with tempfile.TemporaryDirectory() as temporary, open_directory(Path(temporary)) as store:
        store.ping()
    return "opens a directory and answers"


def _named(target: Target) -> str:
    from prela_core.io.url_login import without_login

    if target.url is None:
        return f"that of the data directory, if one runs ({target.url_from})"
    return f"{without_login(target.url)} ({target.url_from})"


def _key(target: Target) -> str:
    # Of the key itself nothing is shown: what this prints goes into reports.
    return f"set ({target.api_key_from})" if target.api_key else target.api_key_from


def _with_cells(known: int, hours: int) -> str:
    """Say how far measures are fast, from `ClickHouseStore.cells`."""
    if not hours:
        return ""
    return f"of {hours:,} hours, {known:,} are summed up for measures, `prela serve` adds others"


def _server(directory: Path, target: Target) -> str:
    from prela_cli.source import PROJECT_ID, find_server
    from prela_core.store import Order, PageRequest, TraceFilter

    server = find_server(directory, target.url, target.api_key)
    if server is None:
        return "none runs on the data directory; `prela serve` starts one"
    with server:
        server.ping()
        server.traces(PROJECT_ID, TraceFilter(), Order.NEWEST, PageRequest(limit=1))
        return f"{server.url} is ready and answers"
