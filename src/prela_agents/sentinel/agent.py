"""A run of Sentinel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import attrs

from prela_agents.collecting import collect
from prela_agents.model import (
    Change,
    ChangeKind,
    Failure,
    Intent,
    Item,
    ItemKind,
    Outcome,
    Platform,
    Product,
    Profile,
)
from prela_agents.models.or_rules import OrRules
from prela_agents.models.rules import RulesModel
from prela_agents.ports import Parts
from prela_agents.reading import RULES as READING
from prela_agents.reading import mention_of, mention_request
from prela_agents.releasing import is_told, maker_of, release_of, version_of
from prela_agents.reports import Week
from prela_agents.sentinel.aspects import RULES as ASPECTS
from prela_agents.sentinel.aspects import aspects_of, aspects_request
from prela_agents.sentinel.changes import RULES as CHANGES
from prela_agents.sentinel.changes import (
    changes_of,
    difference,
    notes_request,
    page_request,
)
from prela_agents.sentinel.listening import spoken_of
from prela_agents.sentinel.report import AGENT, Seen, report_of
from prela_core.errors import PrelaError

__all__ = ["Sentinel"]

_AT_ONCE = 500
"""Items of one run; those beyond wait for the next."""
_ABOUT_THEN = timedelta(days=30)
"""The same version is told of on all platforms within such a time."""
_BY_MAKERS = frozenset({Intent.NEWS, Intent.SHOWCASE})
"""Who announces something praises it; that is not what users say."""
_RANK = {Platform.GITHUB: 0, Platform.PYPI: 1, Platform.FEED: 2, Platform.WEB: 3}
"""Who is asked first what a version brings: the source that says most about it."""


class Sentinel:
    """Watches the competitors; see `prela_agents.ports.Agent`.

    An item is settled when all of it is in the history, where the same again changes nothing: a
    run that breaks anywhere is made good by the next.
    """

    name = AGENT

    def __init__(self, profile: Profile, parts: Parts) -> None:
        self._profile = profile
        self._parts = parts
        self._model = OrRules(parts.model, RulesModel(READING, CHANGES, ASPECTS))

    async def run(self) -> Outcome:
        """Read the sources, understand what is new, and write the reports of two weeks."""
        collected = await collect(self._parts)
        counts = Counter(collected.counts)
        failures, succeeded = list(collected.failures), collected.succeeded
        for item in sorted(self._parts.state.pending(_AT_ONCE), key=_rank):
            try:
                counts.update(await self._handle(item))
                succeeded += 1
            except PrelaError as error:
                failures.append(Failure(item.key, str(error)))
        counts["reports"] = self._report(collected.failures)
        return Outcome(counts=dict(counts), failures=tuple(failures), succeeded=succeeded)

    async def _handle(self, item: Item) -> Counter[str]:
        maker = maker_of(item, self._profile)
        if is_told(item):
            done = await self._told(item, maker) if maker is not None else Counter[str]()
        else:
            done = await self._said(item)
        self._parts.state.settle(item)
        return done

    async def _told(self, item: Item, product: Product) -> Counter[str]:
        """Take apart what the makers say."""
        now = self._parts.clock.now()
        changes: list[Change] = []
        if item.kind is ItemKind.PAGE:
            earlier = self._parts.state.earlier(item)
            exact = "pric" in f"{item.url} {item.title}".casefold()
            before = item if earlier is None else earlier
            places = difference(before.text, item.text, exact=exact)
            if places:
                answer = await self._model.generate(page_request(item, product, places))
                changes = changes_of(item, product, answer, now, earlier)
        else:
            released = release_of(item, product, now)
            changes = [released] if released is not None else []
            if not self._taken_apart(item, product) and not item.extra.get("prerelease"):
                answer = await self._model.generate(notes_request(item, product))
                changes += changes_of(item, product, answer, now)
        self._parts.history.add_changes(changes)
        return Counter(changes=len(changes))

    def _taken_apart(self, item: Item, product: Product) -> bool:
        """Say whether somewhere else already told what this version brings."""
        version = version_of(item)
        around = self._parts.history.changes(
            item.created_at - _ABOUT_THEN, item.created_at + _ABOUT_THEN, product.name
        )
        return bool(version) and any(
            each.version == version
            and each.kind is not ChangeKind.RELEASE
            and all(evidence.url != item.url for evidence in each.evidence)
            for each in around
        )

    async def _said(self, item: Item) -> Counter[str]:
        """Understand what somebody says about a competitor."""
        done = Counter[str]()
        for product, certain in spoken_of(item, self._profile):
            mention = mention_of(
                item, product, await self._model.generate(mention_request(item, product))
            )
            if certain:
                mention = attrs.evolve(mention, relevant=True, relevance=1.0)
            if mention.relevant:
                done["mentions"] += 1
            if mention.relevant and mention.intent not in _BY_MAKERS:
                others = [each for each in self._profile.products if each is not product]
                answer = await self._model.generate(aspects_request(item, product, others))
                mention = attrs.evolve(mention, aspects=aspects_of(item, answer))
            self._parts.history.add_mentions([mention])
        return done

    def _report(self, failed: Sequence[Failure]) -> int:
        now = self._parts.clock.now()
        history, judge = self._parts.history, self._parts.model.name
        this = Week.of(now)
        written = 0
        kept = {each.id: each for each in history.reports(AGENT)}
        for week in (this.before, this):
            heard = history.mentions(week.since, week.until)
            seen = Seen(
                history.changes(week.since, week.until),
                [each for each in heard if each.judge == judge],
            )
            report = report_of(
                week,
                now,
                self._profile,
                seen,
                failed=failed if week is this else (),
                earlier=kept.get(f"{AGENT}-{week.name}"),
            )
            if report is not None:
                history.add_report(report)
                written += 1
        return written


def _rank(item: Item) -> tuple[int, float]:
    return _RANK.get(item.platform, len(_RANK)), item.created_at.timestamp()
