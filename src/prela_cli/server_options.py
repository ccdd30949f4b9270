"""Which server a command asks, with which key: what was typed, the environment, what was saved."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import attrs
import click
from click.core import ParameterSource

from prela_cli.data_dir import named_data_dir
from prela_core.io.saved_login import Login, login_file, read_login

__all__ = ["Target", "server_options", "target_options"]

_NAMES = {
    ParameterSource.COMMANDLINE: "{option}",
    ParameterSource.ENVIRONMENT: "{variable}",
}


@attrs.frozen
class Target:
    """The server to ask, or None where a data directory is meant, and where each value is from."""

    url: str | None
    url_from: str
    api_key: str | None = attrs.field(repr=False)
    api_key_from: str


def server_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--url` and `--api-key`; `command` gets both, or what `prela login` saved.

    Beside `data_dir_option`: a data directory that is named is asked instead of a saved server.
    """

    @target_options
    @wraps(command)
    def with_server(*, target: Target, **rest: Any) -> None:
        command(url=target.url, api_key=target.api_key, **rest)

    return with_server


def target_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the same options; `command` gets a `Target`, named `target`."""

    @click.option(
        "--url",
        envvar="PRELA_URL",
        show_envvar=True,
        metavar="URL",
        help="The server; without it the one of `prela login`, or that of the data directory.",
    )
    @click.option(
        "--api-key",
        envvar="PRELA_API_KEY",
        show_envvar=True,
        metavar="KEY",
        help="The key for that server.",
    )
    @wraps(command)
    def with_target(*, url: str | None, api_key: str | None, **rest: Any) -> None:
        command(target=_target(click.get_current_context(), url, api_key), **rest)

    return with_target


def _target(ctx: click.Context, url: str | None, api_key: str | None) -> Target:
    url, api_key = url or None, api_key or None
    url_from, api_key_from = _origin(ctx, "url"), _origin(ctx, "api_key")
    directory_from = named_data_dir(ctx)
    login = _login(directory_from, url, api_key)
    if login is not None:
        saved = str(login_file())
        if url is None:
            url, url_from = login.url, saved
        # To another server the key would be given away.
        if api_key is None and login.api_key and _is_same(url, login.url):
            api_key, api_key_from = login.api_key, saved
    if url is None:
        url_from = directory_from or "no server is named"
    return Target(url, url_from, api_key, api_key_from if api_key else "none is set")


def _login(directory_from: str | None, url: str | None, api_key: str | None) -> Login | None:
    """Read what was saved where it could matter: a broken file is no matter otherwise."""
    if url is None:
        return read_login() if directory_from is None else None
    return read_login() if api_key is None else None


def _origin(ctx: click.Context, name: str) -> str:
    option = next(each for each in ctx.command.params if each.name == name)
    source = ctx.get_parameter_source(name)
    words = _NAMES.get(source, "") if source is not None else ""
    return words.format(option=option.opts[0], variable=option.envvar)


def _is_same(url: str, saved: str) -> bool:
    return url.rstrip("/") == saved.rstrip("/")
