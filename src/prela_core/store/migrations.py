"""The schema as numbered steps; each can be run again, by anyone, at any time, to no effect.

ClickHouse has no transaction around a change of schema, so the steps are safe at once from
many replicas because each statement is (`IF NOT EXISTS`); the log of steps only saves work.
"""

from __future__ import annotations

import re
from importlib import resources
from string import Template

import attrs

from prela_core.errors import SettingsError

__all__ = ["DURABLE", "LOG_TABLE", "MAX_RETENTION_DAYS", "Migration", "migrations", "retention"]

DURABLE = (
    ", fsync_after_insert = 1, fsync_part_directory = 1"
    ", min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1"
)
"""Settings of a table whose inserts must outlive the machine's sudden stop."""

LOG_TABLE = """\
CREATE TABLE IF NOT EXISTS schema_migrations
(
    number     UInt32,
    name       String,
    applied_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY number
"""

_FILE = re.compile(r"(\d{4})_(\w+)\.sql")
_RETAINED_TABLES = ("spans", "trace_announcements", "cells", "cell_traces")
_DELETION_TABLES = ("deletions", "deleted_traces")
_LEAST_DELETION_DAYS = 40
"""What was deleted may come again out of a dead letter, which is kept for 30 days."""
MAX_RETENTION_DAYS = 36_500


@attrs.frozen
class Migration:
    """One step: its number, its name and its one statement."""

    number: int
    name: str
    sql: str

    @property
    def is_optional(self) -> bool:
        """True when answers are as right without it, so that an older server may refuse it."""
        return self.sql.startswith("-- Optional: ")

    @property
    def is_embedded(self) -> bool:
        """True when it is for the engine in this process only, whose version is known."""
        return self.sql.startswith("-- Embedded: ")


def migrations(durability: str = "") -> list[Migration]:
    """Give all steps in order. `durability` goes into the settings of each table.

    Only the engine in this process is given any, and has steps of its own.
    """
    steps = []
    for file in resources.files("prela_core.store").joinpath("schema").iterdir():
        if match := _FILE.fullmatch(file.name):
            sql = Template(file.read_text()).substitute(durability=durability)
            steps.append(Migration(int(match[1]), match[2], sql))
    wanted = [step for step in steps if durability or not step.is_embedded]
    return sorted(wanted, key=lambda step: step.number)


def retention(days: int) -> dict[str, str]:
    """Give, by table, the TTL that drops what started more than `days` days ago.

    What tells of deletions is kept as long, or longer where it is needed longer. `days` of 0 keeps
    everything. The texts are in the engine's own spelling, so that they
    can be looked for in a table's definition.
    """
    if not 0 <= days <= MAX_RETENTION_DAYS:
        raise SettingsError(
            f"retention must be between 0 and {MAX_RETENTION_DAYS} days, not {days}"
        )
    longer = max(days, _LEAST_DELETION_DAYS)
    ttl = f"toDateTime(started_at) + toIntervalDay({days})" if days else ""
    deletion_ttl = f"toDateTime(asked_at) + toIntervalDay({longer})" if days else ""
    return dict.fromkeys(_RETAINED_TABLES, ttl) | dict.fromkeys(_DELETION_TABLES, deletion_ttl)
