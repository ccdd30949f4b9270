"""Where rows of accounts are kept: the little that SQLite and PostgreSQL have to do.

What accounts mean, and the statements for it, are in `stored`; an adapter of this port brings
the connection, the schema and the pepper.
"""

from __future__ import annotations

from typing import Any, Protocol

from prela_core.errors import UnavailableError

__all__ = ["Database", "Row", "away"]

Row = tuple[Any, ...]


class Database(Protocol):
    """A database with the table `prela_keys`.

    Statements name their values as `:value` and are given them by name. All methods may be
    called from any thread, and raise `away()`, from the reason, when the database does not do
    its work in time.
    """

    @property
    def pepper(self) -> bytes:
        """The secret that keys are hashed with: see `keys.hash_key`."""

    def rows(self, statement: str, **values: object) -> list[Row]:
        """Ask, and give all rows of the answer."""

    def change(self, statement: str, **values: object) -> int:
        """Change rows, and say how many; durable on return.

        Nothing is tried twice: after an error, it may be done or not.
        """

    def close(self) -> None:
        """Let go of the database; doing so again does nothing."""


def away() -> UnavailableError:
    """Make the one answer to whatever keeps a database from its work."""
    return UnavailableError("The accounts can't be reached now; try again.")
