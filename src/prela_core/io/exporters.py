"""Exporters chosen by a text: what `PRELA_EXPORTER` and `init(exporter=...)` hold."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from prela_core.emit.memory_exporter import MemoryExporter
from prela_core.emit.ports import Exporter
from prela_core.errors import PrelaError, SettingsError
from prela_core.io.several import several
from prela_core.io.url_login import masked

__all__ = ["exporter_from"]

_DEFAULT_URL = "http://127.0.0.1:8000"
_FORMS = "http, http://host:port, otlp, otlp+http://host:port, jsonl:path, console, memory, store, store:path"  # noqa: E501 - one text
_EMBEDDED = ("chdb", "clickhouse_connect")
_SCHEMES = ("http://", "https://")


def exporter_from(
    chosen: str | Exporter | Sequence[str | Exporter],
    *,
    url: str | None = None,
    api_key: str | None = None,
    attempts: int = 4,
) -> Exporter:
    """Give the exporter that `chosen` names, is, or is a sequence of.

    The texts are these; several stand with commas between, so a path holds none:

    | `http` | the server at `url`, else `PRELA_URL`, else http://127.0.0.1:8000 |
    | `http://…`, `https://…` | the server there |
    | `otlp` | the endpoint that OpenTelemetry's variables name, else http://localhost:4318 |
    | `otlp+http://…`, `otlp+https://…` | the OTLP/HTTP endpoint there |
    | `jsonl:path` | a file |
    | `console` | trees on standard error |
    | `memory` | a `MemoryExporter` |
    | `store`, `store:path` | the embedded store in the data directory there |

    `api_key` (else `PRELA_API_KEY`) goes to the Prela servers among them, and `attempts` to all
    that try again. Raises `SettingsError` for what is none of these, in one sentence.
    """
    if isinstance(chosen, str):
        parts: list[str | Exporter] = [part.strip() for part in chosen.split(",")]
    elif callable(chosen):
        return chosen
    else:
        parts = list(chosen)
    if not parts:
        raise SettingsError(f"no exporter is named; these are known: {_FORMS}")
    made: list[Exporter] = []
    for part in parts:
        if isinstance(part, str) and "," not in part:
            made.append(_named(part, url, api_key, attempts))
        else:
            made.append(exporter_from(part, url=url, api_key=api_key, attempts=attempts))
    return made[0] if len(made) == 1 else several(*made)


def _named(text: str, url: str | None, api_key: str | None, attempts: int) -> Exporter:
    try:
        found = _made(text, url, api_key, attempts)
    except SettingsError:
        raise
    except PrelaError as error:
        raise SettingsError(f"the exporter {masked(text)!r} can't be used: {error}") from error
    if found is None:
        raise SettingsError(f"{masked(text)!r} is no exporter; these are known: {_FORMS}")
    return found


def _made(  # noqa: PLR0911 - one for each form
    text: str, url: str | None, api_key: str | None, attempts: int
) -> Exporter | None:
    # Each is imported when it is asked for: they bring libraries that the others need not have.
    word, colon, path = text.partition(":")
    if text == "http" or text.startswith(_SCHEMES):
        from prela_core.io.http_exporter import HttpExporter  # noqa: PLC0415

        server = text if colon else url or os.environ.get("PRELA_URL") or _DEFAULT_URL
        key = api_key or os.environ.get("PRELA_API_KEY")
        return HttpExporter(server, key, attempts=attempts)
    if text == "otlp" or text.removeprefix("otlp+").startswith(_SCHEMES):
        from prela_core.io.otlp_exporter import OtlpExporter  # noqa: PLC0415

        return OtlpExporter(text.removeprefix("otlp+") if colon else None, attempts=attempts)
    if word == "jsonl" and path:
        from prela_core.io.jsonl_exporter import JsonlExporter  # noqa: PLC0415

        return JsonlExporter(_writable(Path(path).expanduser()))
    if text == "console":
        from prela_core.io.console_exporter import ConsoleExporter  # noqa: PLC0415

        return ConsoleExporter()
    if text == "memory":
        return MemoryExporter()
    if word == "store" and (path or not colon):
        if not all(map(find_spec, _EMBEDDED)):
            raise SettingsError(f"{text!r} needs the store: pip install 'prela-core[embedded]'")
        from prela_core.io.store_exporter import StoreExporter  # noqa: PLC0415

        return StoreExporter(path or None)
    return None


def _writable(path: Path) -> Path:
    """Give `path` unless it can be no file: each batch of spans would be lost to find that out."""
    fault = ""
    if path.is_dir():
        fault = f"{path} is a directory"
    elif not path.parent.is_dir():
        fault = f"there is no directory {path.parent}"
    if fault:
        raise SettingsError(
            f"the exporter {f'jsonl:{path}'!r} can't be used: {fault}; name another file, or make "
            "its directory first"
        )
    return path
