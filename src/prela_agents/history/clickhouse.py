"""The history in ClickHouse, or in the engine inside the process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from importlib.resources import files
from typing import Any, TypeVar

import attrs
import msgspec

from prela_agents.model import Change, Mention, Metric, Report, Snapshot
from prela_agents.ports import Clock
from prela_core.errors import StoreUnavailableError
from prela_core.io.clickhouse_parameters import in_parts
from prela_core.model import from_micros, to_micros

__all__ = ["Connection", "History"]

T = TypeVar("T")

Connection = Callable[[], AbstractContextManager[Any]]
"""Lends a client of clickhouse-connect: `ClickHouseStore.connection` of the core."""

_ENCODER = msgspec.json.Encoder()
_AS_WRITTEN = {"date_time_input_format": "best_effort", "async_insert": 0}
_NOW_OR_NEVER = {"mutations_sync": 2}
"""What was purged is gone when the purge says so."""


class History:
    """A `prela_agents.ports.History` in the tables `agent_*` of one project.

    Errors are the core's `StoreUnavailableError` and its like.
    """

    def __init__(self, connection: Connection, clock: Clock, *, project_id: str) -> None:
        self._connection = connection
        self._clock = clock
        self._project_id = project_id
        self._last_version = 0

    def prepare(self) -> None:
        """Make the tables that are missing."""
        script = files("prela_agents.history").joinpath("schema.sql").read_text("utf-8")
        lines = [line for line in script.splitlines() if not line.startswith("--")]
        with self._connection() as client:
            for statement in "\n".join(lines).split(";"):
                if statement.strip():
                    client.command(statement)

    def add_mentions(self, mentions: Sequence[Mention]) -> None:
        """Keep mentions; by item, product and judge."""
        self._insert(
            "agent_mentions",
            (
                {
                    "item_key": each.item.key,
                    "product": each.product,
                    "judge": each.judge,
                    "relevant": int(each.relevant),
                    "relevance": each.relevance,
                    "intent": str(each.intent),
                    "sentiment": str(each.sentiment),
                    "platform": str(each.item.platform),
                    "url": each.item.url,
                    "created_at": each.item.created_at,
                    "body": _json(each),
                }
                for each in mentions
            ),
        )

    def mentions(
        self, since: datetime, until: datetime, product: str | None = None
    ) -> Sequence[Mention]:
        """Give the relevant mentions whose items were made in that time, oldest first."""
        return self._bodies(
            "SELECT body FROM agent_mentions FINAL WHERE project_id = {project_id:String} "
            "AND ({product:String} = '' OR product = {product:String}) AND relevant "
            "AND created_at >= fromUnixTimestamp64Micro({since:Int64}) "
            "AND created_at < fromUnixTimestamp64Micro({until:Int64}) "
            "ORDER BY created_at, item_key, product, judge",
            Mention,
            product=product or "",
            since=to_micros(since),
            until=to_micros(until),
        )

    def add_changes(self, changes: Sequence[Change]) -> None:
        """Keep changes; by product, kind, time and summary."""
        self._insert(
            "agent_changes",
            (
                {
                    "product": each.product,
                    "kind": str(each.kind),
                    "at": each.at,
                    "summary": each.summary,
                    "body": _json(each),
                }
                for each in changes
            ),
        )

    def changes(
        self, since: datetime, until: datetime, product: str | None = None
    ) -> Sequence[Change]:
        """Give changes, oldest first."""
        return self._bodies(
            "SELECT body FROM agent_changes FINAL WHERE project_id = {project_id:String} "
            "AND ({product:String} = '' OR product = {product:String}) "
            "AND at >= fromUnixTimestamp64Micro({since:Int64}) "
            "AND at < fromUnixTimestamp64Micro({until:Int64}) ORDER BY at, product, kind, summary",
            Change,
            product=product or "",
            since=to_micros(since),
            until=to_micros(until),
        )

    def add_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Keep measures; by product, metric and `at`. One that is missing replaces no value."""
        self._insert(
            "agent_snapshots",
            (
                {
                    "product": each.product,
                    "metric": str(each.metric),
                    "at": each.at,
                    "value": each.value,
                    "url": each.url,
                    **({"version": 0} if each.value is None else {}),
                }
                for each in snapshots
            ),
        )

    def snapshots(
        self, since: datetime, until: datetime, product: str, metric: Metric
    ) -> Sequence[Snapshot]:
        """Give the measures of one curve, oldest first. Days without any are not among them."""
        rows = self._rows(
            "SELECT toUnixTimestamp64Micro(at), value, url FROM agent_snapshots FINAL "
            "WHERE project_id = {project_id:String} AND product = {product:String} "
            "AND metric = {metric:String} AND at >= fromUnixTimestamp64Micro({since:Int64}) "
            "AND at < fromUnixTimestamp64Micro({until:Int64}) ORDER BY at",
            product=product,
            metric=str(metric),
            since=to_micros(since),
            until=to_micros(until),
        )
        return [
            Snapshot(product=product, metric=metric, at=from_micros(at), value=value, url=url)
            for at, value, url in rows
        ]

    def add_report(self, report: Report) -> None:
        """Keep a report; by its id."""
        self._add_reports([report])

    def _add_reports(self, reports: Iterable[Report]) -> None:
        self._insert(
            "agent_reports",
            (
                {
                    "id": each.id,
                    "agent": each.agent,
                    "since": each.since,
                    "until": each.until,
                    "sources": _sources(each),
                    "body": _json(each),
                }
                for each in reports
            ),
        )

    def reports(self, agent: str | None = None) -> Sequence[Report]:
        """Give the reports of an agent, or all, newest first."""
        return self._bodies(
            "SELECT body FROM agent_reports FINAL WHERE project_id = {project_id:String} "
            "AND ({agent:String} = '' OR agent = {agent:String}) ORDER BY until DESC, id",
            Report,
            agent=agent or "",
        )

    def purge(self, item_keys: Sequence[str]) -> None:
        """Forget what was said in these items: the mentions, and reports' sentences from there.

        Nothing of it is left in any table when this returns.
        """
        keys = list(item_keys)
        rows = self._rows(
            "SELECT DISTINCT url FROM agent_mentions WHERE project_id = {project_id:String} "
            "AND item_key IN {keys:Array(String)} AND url != ''",
            keys=keys,
        )
        self._purge_reports([url for (url,) in rows])
        self._delete("agent_mentions", "item_key IN {keys:Array(String)}", keys=keys)

    def _purge_reports(self, urls: Sequence[str]) -> None:
        found = self._bodies(
            "SELECT body FROM agent_reports FINAL WHERE project_id = {project_id:String} "
            "AND hasAny(sources, {urls:Array(String)})",
            Report,
            urls=urls,
        )
        if not found:
            return
        version = self._version()
        self._add_reports(_without(each, frozenset(urls)) for each in found)
        self._delete(
            "agent_reports",
            "id IN {ids:Array(String)} AND version <= {version:UInt64}",
            ids=[each.id for each in found],
            version=version,
        )

    def _delete(self, table: str, which: str, **values: Any) -> None:
        """Delete from one of our tables; `which` is a constant of this module."""
        with self._connection() as client:
            sql, parameters = in_parts(
                f"ALTER TABLE {table} DELETE WHERE project_id = {{project_id:String}} AND {which}",
                {"project_id": self._project_id, **values},
            )
            client.command(sql, parameters=parameters, settings=_NOW_OR_NEVER)

    def _insert(self, table: str, rows: Iterable[dict[str, Any]]) -> None:
        version = self._version()
        whole = [{"project_id": self._project_id, "version": version} | row for row in rows]
        if not whole:
            return
        with self._connection() as client:
            # The driver's own `insert` loads pandas, which takes longer than all the rest.
            answer = client.raw_insert(
                table,
                column_names=list(whole[0]),
                insert_block=b"\n".join(_ENCODER.encode(row) for row in whole),
                settings=_AS_WRITTEN,
                fmt="JSONEachRow",
            )
        if not any(answer.summary.values()):
            # A proxy's page with a status of 200 looks like success to the driver.
            raise StoreUnavailableError("what answered the insert is no store")

    def _version(self) -> int:
        """Give a number higher than any before, of this process and of those before it."""
        self._last_version = max(self._last_version + 1, to_micros(self._clock.now()))
        return self._last_version

    def _rows(self, query: str, **values: Any) -> Sequence[Sequence[Any]]:
        with self._connection() as client:
            sql, parameters = in_parts(query, {"project_id": self._project_id, **values})
            rows: Sequence[Sequence[Any]] = client.query(sql, parameters=parameters).result_rows
            return rows

    def _bodies(self, query: str, kind: type[T], **values: Any) -> Sequence[T]:
        return [msgspec.json.decode(body, type=kind) for (body,) in self._rows(query, **values)]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _sources(report: Report) -> list[str]:
    return sorted(
        {
            source
            for section in report.sections
            for sentence in section.sentences
            for source in sentence.sources
        }
    )


def _without(report: Report, urls: frozenset[str]) -> Report:
    """Give the report without the sentences that rest on any of `urls`."""
    sections = tuple(
        attrs.evolve(
            section,
            sentences=tuple(
                each for each in section.sentences if not urls.intersection(each.sources)
            ),
        )
        for section in report.sections
    )
    return attrs.evolve(report, sections=sections)
