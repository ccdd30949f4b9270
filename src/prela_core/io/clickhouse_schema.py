"""Bringing a database's schema up to date, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickhouse_connect.driver.exceptions import DatabaseError

from prela_core.io.clickhouse_errors import is_unsupported
from prela_core.store import migrations

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = ["bring_up", "keep_for"]


def bring_up(client: Client, durability: str) -> list[str]:
    """Take the steps that are not in the database's log yet, and name them.

    Safe to run at once by many. `durability` goes into the settings of each table.
    """
    client.command(migrations.LOG_TABLE)
    log = client.query("SELECT number FROM schema_migrations")
    done = {row[0] for row in log.result_rows}
    taken = []
    for step in migrations.migrations(durability):
        if step.number in done:
            continue
        try:
            client.command(step.sql)
        except DatabaseError as error:
            if step.is_optional and is_unsupported(error):
                continue  # and tried again at the next start, on a newer server perhaps
            raise
        client.command(
            "INSERT INTO schema_migrations (number, name) SELECT {number:UInt32}, {name:String}",
            parameters={"number": step.number, "name": step.name},
        )
        taken.append(f"{step.number:04d} {step.name}")
    return taken


def keep_for(client: Client, days: int | None) -> list[str]:
    """Keep spans for `days` (0: for ever, None: as it was set before), and say what was changed."""
    taken: list[str] = []
    if days is None:
        return taken
    for table, ttl in migrations.retention(days).items():
        definition = client.query(
            "SELECT create_table_query FROM system.tables"
            " WHERE database = currentDatabase() AND name = {table:String}",
            parameters={"table": table},
        ).result_rows[0][0]
        if ttl and f"TTL {ttl}" not in definition:
            client.command(
                f"ALTER TABLE {table} MODIFY TTL {ttl}",
                settings={"materialize_ttl_after_modify": 0},
            )
            taken.append(f"{table}: kept for {days} days")
        elif not ttl and " TTL " in definition:
            client.command(f"ALTER TABLE {table} REMOVE TTL")
            taken.append(f"{table}: kept for ever")
    return taken
