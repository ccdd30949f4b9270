"""Who is calling: from the key in a request to a project and what may be done there."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import Request

from prela_core.errors import ForbiddenError
from prela_server.accounts import Identity, Scope

__all__ = ["DEFAULT_PROJECT", "Guard", "KeyGuard", "OpenGuard", "sent_key"]

DEFAULT_PROJECT = "default"
"""The project of a server that asks for no keys."""
