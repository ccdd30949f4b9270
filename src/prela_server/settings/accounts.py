"""Where API keys are kept, what counts for all gateways, and who people are."""

from __future__ import annotations

import attrs

from prela_server.settings import readers
from prela_server.settings.secret import Secret
from prela_server.settings.variables import variable

__all__ = ["Accounts"]

_JWT_LEAST = 32
"""Characters: RFC 7518, 3.2 asks HS256 for keys as long as its hash."""


@attrs.frozen(kw_only=True)
class Accounts:
    """The database of keys and people; without `database_url`, files in the data directory."""

    database_url: Secret | None = variable(
        "DATABASE_URL",
        read=readers.secret_url("postgresql", "postgres", "postgresql+asyncpg"),
        about="PostgreSQL, for API keys; none: a file in the data directory",
        secret=True,
        default=None,
    )
    redis_url: Secret | None = variable(
        "REDIS_URL",
        read=readers.secret_url("redis", "rediss", "unix"),
        about="Redis, for what gateways will share: so far, `/ready` tells whether it answers",
        secret=True,
        default=None,
    )
    jwt_secret: Secret | None = variable(
        "JWT_SECRET",
        read=readers.secret(least=_JWT_LEAST),
        about="what sessions of people are signed with, at least 32 characters",
        secret=True,
        default=None,
        unused=True,
    )
