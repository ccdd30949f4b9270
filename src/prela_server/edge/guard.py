"""Who is calling: from the key in a request to a project, and what may be done there."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Awaitable, Callable

import anyio.to_thread
from starlette.requests import Request

from prela_server.accounts import Accounts, Identity, Scope

__all__ = ["DEFAULT_PROJECT", "Guard", "key_guard", "open_guard"]

DEFAULT_PROJECT = "default"
"""The project of a server that asks for no keys."""

Guard = Callable[[Request, Scope], Awaitable[Identity]]
"""Gives the caller's identity, or raises `UnauthenticatedError` or `ForbiddenError`."""


def open_guard() -> Guard:
    """Let everybody do everything in one project; a key that is sent is not looked at."""
    everybody = Identity(project_id=DEFAULT_PROJECT, key_id="", scopes=frozenset({Scope.ADMIN}))

    async def guard(_: Request, __: Scope) -> Identity:
        return everybody

    return guard


def key_guard(
    accounts: Accounts, recall: Callable[[str | None], Identity | None] | None = None
) -> Guard:
    """Ask for a key with the wanted scope.

    `recall` answers without waiting for storage when it can, and saves most requests the way
    through a thread.
    """

    async def guard(request: Request, scope: Scope) -> Identity:
        key = _sent_key(request)
        identity = recall(key) if recall else None
        if identity is None:
            identity = await anyio.to_thread.run_sync(accounts.identify, key)
        identity.require(scope)
        return identity

    return guard


def _sent_key(request: Request) -> str | None:
    if key := request.headers.get("x-api-key"):
        return key
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    return _password(credentials) if scheme.lower() == "basic" else None


def _password(credentials: str) -> str | None:
    """Give the password of RFC 7617, where Langfuse's SDK sends its secret key."""
    try:
        decoded = b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return decoded.partition(":")[2] or None
