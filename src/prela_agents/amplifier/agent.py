"""The pipeline: what we have to say, where to say it, and what may be said of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from functools import partial

from prela_agents.amplifier.cards import battle_card, ledger_digest, positioning_page
from prela_agents.amplifier.claims import claims_of, claims_request
from prela_agents.amplifier.rules import RULES
from prela_agents.amplifier.shaping import document, drafts_of
from prela_agents.amplifier.topics import Topic, release_topic, topics_of
from prela_agents.amplifier.writing import write_request, written_of
from prela_agents.collecting import collect
from prela_agents.errors import ModelError, UnexpectedRequestError
from prela_agents.model import (
    Failure,
    Item,
    ItemKind,
    Outcome,
    Product,
    Profile,
    Request,
    Response,
)
from prela_agents.models.rules import RulesModel
from prela_agents.ports import Parts, Source
from prela_agents.releasing import maker_of, release_of, version_of
from prela_core.errors import PrelaError

__all__ = ["Amplifier"]

_AT_ONCE = 500
_NEWS = timedelta(days=14)
"""How long a release is worth announcing: a first run finds those of months."""
_PAGES_A_RUN = 1
"""Pages of the docs that a run takes up: nobody reads twenty drafts at once."""


class Amplifier:
    """Turns docs and releases into drafts, and pages into claims; see `prela_agents.ports.Agent`.

    What there was a draft for is never drafted again, a page of the docs only when it changed. A
    competitor's page that changed makes the claims that rest on it stale, and its battle card is
    drafted anew without them, in the place of the one before.
    """

    def __init__(self, profile: Profile, parts: Parts) -> None:
        self._profile = profile
        self._parts = parts
        self._rules = RulesModel(RULES)

    async def run(self) -> Outcome:
        """Read the sources, and draft what there is to say, once."""
        collected = await collect(self._parts, gone=self._gone)
        counts = Counter(collected.counts)
        failures, succeeded = list(collected.failures), collected.succeeded
        for name, step in self._steps():
            try:
                counts.update(await step())
                succeeded += 1
            except PrelaError as error:
                failures.append(Failure(name, str(error)))
        return Outcome(counts=dict(counts), failures=tuple(failures), succeeded=succeeded)

    def _steps(self) -> Iterator[tuple[str, Callable[[], Awaitable[Counter[str]]]]]:
        """Give what is to be done, each by itself: what can't be, keeps nothing else from it."""
        for item in self._parts.state.pending(_AT_ONCE):
            yield item.key, partial(self._take_up, item)
        yield "docs", self._take_up_docs
        if self._parts.state.claims():
            yield "cards", self._cards
            yield "positioning", self._positioning

    def _gone(self, source: Source) -> None:
        """Hold nothing for true any more that a page said which is not there."""
        kind, _, url = source.name.partition("/")
        if kind == "web:page":
            self._parts.state.source_seen(url, None)

    async def _take_up(self, item: Item) -> Counter[str]:
        done = Counter[str]()
        maker = maker_of(item, self._profile)
        if maker == self._profile.us:
            now = self._parts.clock.now()
            is_news = now - item.created_at <= _NEWS and bool(item.text.strip())
            if is_news and release_of(item, maker, now) is not None:
                topic = release_topic(item, maker.name, version_of(item))
                done.update(await self._write_up(topic))
        elif maker is not None and item.kind is ItemKind.PAGE:
            done.update(await self._read_claims(item, maker))
        self._parts.state.settle(item)
        return done

    async def _take_up_docs(self) -> Counter[str]:
        done = Counter[str]()
        for topic in self._unsaid():
            done.update(await self._write_up(topic))
        return done

    def _unsaid(self) -> Iterator[Topic]:
        """Give the next pages of the docs that nothing was drafted of as they are now."""
        topics = self._topics()
        unsaid = (each for each in topics if not self._parts.state.drafted(f"{each.about}/x"))
        for _, topic in zip(range(_PAGES_A_RUN), unsaid, strict=False):
            yield topic

    def _topics(self) -> Iterator[Topic]:
        us = self._profile.us
        return topics_of(self._parts.index.passages(), us.name, self._profile.docs_url)

    async def _write_up(self, topic: Topic) -> Counter[str]:
        written = written_of(topic, await self._ask(write_request(topic)))
        if not written.is_enough:
            # What a model's words lack, the docs' own have.
            written = written_of(topic, await self._rules.generate(write_request(topic)))
        now = self._parts.clock.now()
        # The draft that says that a topic was taken up comes last: a run that breaks before it
        # queues the missing ones the next time, and those that are there already are kept.
        drafts = sorted(
            drafts_of(topic, written, self._profile, now),
            key=lambda each: each.about == f"{topic.about}/x",
        )
        # Those of how a page read before are overtaken by these.
        queued = [self._parts.state.queue(each, instead_of=topic.page) for each in drafts]
        return Counter(drafts=sum(queued))

    async def _read_claims(self, page: Item, product: Product) -> Counter[str]:
        claims = claims_of(page, product, await self._ask(claims_request(page, product)))
        for claim in claims:
            self._parts.state.put_claim(claim)
        # What the page said before and says no longer stands in the ledger with another hash.
        stale = self._parts.state.source_seen(page.url, page.extra.get("hash"))
        return Counter(claims=len(claims), stale=stale)

    async def _cards(self) -> Counter[str]:
        now, queued = self._parts.clock.now(), 0
        claims = self._parts.state.claims()
        for product in self._profile.competitors:
            theirs = [each for each in claims if each.product == product.name]
            if theirs:
                card = battle_card(product, theirs, now)
                queued += self._put(
                    f"battle_card:{product.name}@",
                    ledger_digest(theirs, now),
                    f"{product.name}: battle card",
                    card,
                )
        return Counter(drafts=queued)

    async def _positioning(self) -> Counter[str]:
        now, claims = self._parts.clock.now(), self._parts.state.claims()
        if not any(each.is_good(now) for each in claims):
            return Counter()
        ours = list(self._topics())
        if not ours:
            return Counter()
        page = positioning_page(self._profile.us, ours, claims, now)
        queued = self._put("positioning@", ledger_digest(claims, now), "Positioning", page)
        return Counter(drafts=int(queued))

    def _put(self, stem: str, digest: str, title: str, text: str) -> bool:
        """Queue a page that is made of the ledger, in the place of what it was before."""
        draft = document(f"{stem}{digest}", title, text, self._parts.clock.now())
        return self._parts.state.queue(draft, instead_of=stem)

    async def _ask(self, request: Request) -> Response:
        """Ask the model; what it declines, rules do."""
        try:
            return await self._parts.model.generate(request)
        except UnexpectedRequestError:
            raise
        except ModelError:
            return await self._rules.generate(request)
