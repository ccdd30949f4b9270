"""ClickHouse, which keeps spans when it is set."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from prela_server.settings import bounds, readers
from prela_server.settings.secret import Secret
from prela_server.settings.variables import variable

__all__ = ["ClickHouse"]

_PLAIN_PORT = 8123
_TLS_PORT = 8443


@attrs.frozen(kw_only=True)
class ClickHouse:
    """The server, over HTTP; without `host`, spans are kept in the data directory."""

    host: str | None = variable(
        "CLICKHOUSE_HOST",
        read=readers.host("; CLICKHOUSE_PORT and CLICKHOUSE_SECURE say the rest"),
        about="the server's host; none: the engine in this process keeps spans",
        default=None,
    )
    port: int | None = variable(
        "CLICKHOUSE_PORT",
        read=readers.whole_number,
        about="its HTTP port; unset: 8123, or 8443 with TLS",
        default=None,
        validator=attrs.validators.optional(bounds.port),
    )
    username: str = variable(
        "CLICKHOUSE_USERNAME", "CLICKHOUSE_USER", read=str, about="its user", default="default"
    )
    password: Secret | None = variable(
        "CLICKHOUSE_PASSWORD",
        read=readers.secret(),
        about="the user's password",
        secret=True,
        default=None,
    )
    database: str = variable(
        "CLICKHOUSE_DATABASE",
        read=str,
        about="the database, which must exist; the tables are made",
        default="default",
    )
    secure: bool = variable(
        "CLICKHOUSE_SECURE",
        read=readers.switch,
        about="whether it is reached by TLS, as ClickHouse Cloud is",
        default=False,
    )

    @property
    def is_set(self) -> bool:
        """Whether there is a ClickHouse."""
        return self.host is not None

    @property
    def http_port(self) -> int:
        """The port that is meant."""
        if self.port is not None:
            return self.port
        return _TLS_PORT if self.secure else _PLAIN_PORT

    def mistakes(self) -> Iterator[str]:
        """Give a sentence for everything that does not fit together."""
        if not self.is_set and self.password is not None:
            yield "CLICKHOUSE_PASSWORD is set, but CLICKHOUSE_HOST is not"
        if self.port == 0:
            yield "CLICKHOUSE_PORT=0: a port to connect to is between 1 and 65535"
