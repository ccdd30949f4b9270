"""A recorded fortnight as a world: what is in a folder of TOML and JSON, with its days as dates."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from examples.agents.standins.world import (
    DISCORD_EPOCH,
    X_EPOCH,
    Counts,
    Release,
    Said,
    World,
    Written,
    snowflake,
)

DAYS = 14
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def recorded(folder: Path, first: date, now: Callable[[], datetime]) -> World:
    """Read `folder`; its day 0 is `first`."""
    world = World(now)
    world.said += _said(_toml(folder / "said.toml", "said"), first)
    for each in _toml(folder / "releases.toml", "release"):
        at = _at(each, first)
        said = {"version": each["version"], "notes": each["notes"].strip()}
        trial = each.get("prerelease", False)
        world.releases.append(Release(where=each["where"], at=at, prerelease=trial, **said))
        if "package" in each:
            version = each["version"].removeprefix("v")
            later = at + timedelta(hours=1)
            world.releases.append(Release(where=each["package"], version=version, at=later))
    for each in _toml(folder / "pages.toml", "page"):
        body = re.sub(r"\{day (-?\d+)\}", lambda day: _rfc(first, int(day[1])), each["body"])
        kind = each.get("content_type", "text/html; charset=utf-8")
        at = _at(each, first)
        world.written.append(
            Written(path=each["path"], at=at, body=body.strip(), content_type=kind)
        )
    for name, series in json.loads((folder / "counts.json").read_text("utf-8")).items():
        world.counts[name] = _counts(series, first)
    return world


def _toml(path: Path, name: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = tomllib.loads(path.read_text("utf-8"))[name]
    return found


def _at(said: Mapping[str, Any], first: date) -> datetime:
    day = first + timedelta(days=said["day"])
    return datetime.combine(day, time.fromisoformat(said["time"]), UTC)


def _rfc(first: date, day: int) -> str:
    return format_datetime(_at({"day": day, "time": "09:00"}, first))


def _counts(series: Mapping[str, Any], first: date) -> Counts:
    days = enumerate(series["values"], series["from"])
    return {first + timedelta(days=day): value for day, value in days if value is not None}


def _said(entries: list[Mapping[str, Any]], first: date) -> Iterator[Said]:
    names: dict[str, str] = {}
    for number, each in enumerate(entries, 1):
        at = _at(each, first)
        parent = names.get(each.get("parent", ""))
        made = _id(each["platform"], number, at, reply=parent is not None)
        if "name" in each:
            names[each["name"]] = made
        yield Said(
            platform=each["platform"],
            id=made,
            at=at,
            author=each["author"],
            title=each.get("title", ""),
            text=each["text"],
            where=each.get("where", ""),
            parent=parent,
            thread=parent,
            points=each.get("points", 1),
            addresses_us=each.get("addresses_us", False),
        )


def _id(platform: str, number: int, at: datetime, *, reply: bool) -> str:
    if platform == "reddit":
        return f"{'t1' if reply else 't3'}_1pre{_DIGITS[number // 36]}{_DIGITS[number % 36]}"
    if platform == "hackernews":
        return str(48_120_000 + 37 * number)
    if platform in {"x", "discord"}:
        return snowflake(at, X_EPOCH if platform == "x" else DISCORD_EPOCH, number)
    return str(number)
