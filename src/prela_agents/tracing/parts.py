"""An agent's parts, each of whose steps is a span."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from prela_agents.model import (
    Attachment,
    Cursor,
    Issue,
    Item,
    NewIssue,
    Page,
    Passage,
    Platform,
    Request,
    Response,
    Snapshot,
)
from prela_agents.ports import Desk, Gauge, Index, Model, Parts, Source, Tracker
from prela_core import SpanType, span
from prela_core.emit import ActiveSpan

__all__ = ["traced"]

_PROVIDERS = {"claude": "anthropic"}
"""Who offers the models whose names begin so."""


def traced(parts: Parts) -> Parts:
    """Give `parts` with a span around each step that goes outside, asks a model or looks up."""
    return attrs.evolve(
        parts,
        sources=tuple(_Source(each) for each in parts.sources),
        gauges=tuple(_Gauge(each) for each in parts.gauges),
        model=_Model(parts.model),
        index=_Index(parts.index),
        tracker=None if parts.tracker is None else _Tracker(parts.tracker),
        desk=None if parts.desk is None else _Desk(parts.desk),
    )


@attrs.frozen
class _Source:
    inner: Source

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def platform(self) -> Platform:
        return self.inner.platform

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        said = {"tool.name": self.name, "prela.agents.platform": str(self.platform)}
        with span(f"fetch {self.name}", SpanType.TOOL, said) as step:
            page = await self.inner.fetch(cursor)
            step.set("prela.agents.items", len(page.items))
            step.set("prela.agents.more", page.more)
            return page


@attrs.frozen
class _Gauge:
    inner: Gauge

    @property
    def name(self) -> str:
        return self.inner.name

    async def read(self) -> Sequence[Snapshot]:
        with span(f"read {self.name}", SpanType.TOOL, {"tool.name": self.name}) as step:
            found = await self.inner.read()
            missing = sum(each.value is None for each in found)
            step.set("prela.agents.measures", len(found) - missing)
            step.set("prela.agents.missing", missing)
            return found


@attrs.frozen
class _Model:
    inner: Model

    @property
    def name(self) -> str:
        return self.inner.name

    async def generate(self, request: Request) -> Response:
        said = {"prela.agents.task": request.task, "prela.agents.fingerprint": request.fingerprint}
        with span(request.task, SpanType.LLM, said) as step:
            step.usage(model=self.name)
            response = await self.inner.generate(request)
            used = response.usage
            step.usage(
                model=response.model,
                provider=_PROVIDERS.get(response.model.partition("-")[0]),
                input_tokens=used.input_tokens,
                output_tokens=used.output_tokens,
                cache_read_tokens=used.cache_read_tokens,
                cache_write_tokens=used.cache_write_tokens,
                cost_usd=used.cost_usd,
            )
            return response


@attrs.frozen
class _Index:
    inner: Index

    def search(self, question: str, limit: int = 5) -> Sequence[Passage]:
        with span("search docs", SpanType.RETRIEVAL) as step:
            found = self.inner.search(question, limit)
            step.set("prela.agents.passages", [each.id for each in found])
            return found

    def passage(self, passage_id: str) -> Passage | None:
        return self.inner.passage(passage_id)

    def passages(self) -> Sequence[Passage]:
        return self.inner.passages()


@attrs.frozen
class _Tracker:
    inner: Tracker

    async def issue(self, issue_id: str) -> Issue | None:
        with _at_the_tracker("issue"):
            return await self.inner.issue(issue_id)

    async def issue_for(self, url: str) -> Issue | None:
        with _at_the_tracker("issue_for"):
            return await self.inner.issue_for(url)

    async def search(self, words: str) -> Sequence[Issue]:
        with _at_the_tracker("search"):
            return await self.inner.search(words)

    async def issues(self, limit: int) -> Sequence[Issue]:
        with _at_the_tracker("issues"):
            return await self.inner.issues(limit)

    async def create(self, new: NewIssue) -> Issue:
        with _at_the_tracker("create"):
            return await self.inner.create(new)

    async def attach(self, issue_id: str, attachment: Attachment) -> None:
        with _at_the_tracker("attach"):
            await self.inner.attach(issue_id, attachment)


@attrs.frozen
class _Desk:
    inner: Desk

    def planned(self) -> Sequence[Issue]:
        return self.inner.planned()

    async def known(self, item: Item) -> Issue | None:
        return await self.inner.known(item)

    async def open(
        self,
        item: Item,
        title: str,
        description: str,
        labels: Sequence[str] = (),
        perhaps: Sequence[Issue] = (),
    ) -> Issue | None:
        with _filing("open", item) as step:
            step.set("prela.agents.perhaps", [each.number for each in perhaps if each.number])
            issue = await self.inner.open(item, title, description, labels, perhaps)
            step.set("prela.agents.issue", issue.number if issue is not None else None)
            return issue

    async def attach(self, item: Item, issue: Issue) -> Issue | None:
        with _filing("attach", item) as step:
            attached = await self.inner.attach(item, issue)
            step.set("prela.agents.issue", attached.number if attached is not None else None)
            return attached


def _at_the_tracker(what: str) -> ActiveSpan:
    return span(f"tracker {what}", SpanType.TOOL, {"tool.name": f"tracker.{what}"})


def _filing(what: str, item: Item) -> ActiveSpan:
    said = {"tool.name": f"desk.{what}", "prela.agents.item": item.key}
    return span(f"{what} issue", SpanType.TOOL, said)
