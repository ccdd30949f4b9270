"""The pipeline: what is said of us, understood, answered, filed."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import attrs

from prela_agents.collecting import collect
from prela_agents.errors import ExpiredTokenError, NotSentError
from prela_agents.model import (
    Failure,
    Intent,
    Item,
    Mention,
    Outcome,
    Profile,
)
from prela_agents.models.or_rules import OrRules
from prela_agents.models.rules import RulesModel
from prela_agents.naming import names
from prela_agents.ports import Parts
from prela_agents.reading import mention_of, mention_request, without_demands
from prela_agents.scout.answering import Library, answer_of, answer_request
from prela_agents.scout.filing import (
    Candidates,
    Resolution,
    labels_of,
    resolve,
    written_up,
)
from prela_agents.scout.phrasing import reply_to
from prela_agents.scout.rules import RULES
from prela_core.errors import PrelaError

__all__ = ["Scout"]

_AT_ONCE = 500
"""Items of one run; those beyond wait for the next."""

_NOT_THE_ITEMS = (NotSentError, ExpiredTokenError)
"""A service is down, a budget spent, a login no longer good. What else fails must not hold up
those behind it."""
_GIVE_UP = 5
"""Of these in a row, after which the rest of the items wait for the next run."""
_WAITED_FOR = timedelta(days=14)
"""How long somebody may still wait for an answer; a first run finds questions of months."""


class Scout:
    """Listens for us; see `prela_agents.ports.Agent`.

    Every item is settled when all about it is done, and each step knows what it did before: a run
    that breaks anywhere is made good by the next, with no draft and no issue twice.
    """

    def __init__(self, profile: Profile, parts: Parts) -> None:
        self._profile = profile
        self._parts = parts
        self._model = OrRules(parts.model, RulesModel(RULES))
        self._library: Library | None = None
        self._candidates = (
            Candidates(parts.tracker, parts.desk.planned, parts.embedder)
            if parts.desk is not None
            else None
        )

    async def run(self) -> Outcome:
        """Read the sources and do what is to be done about each item, once."""
        collected = await collect(self._parts)
        counts = Counter(collected.counts)
        failures, succeeded = list(collected.failures), collected.succeeded
        in_a_row = 0
        for item in self._parts.state.pending(_AT_ONCE):
            try:
                counts.update(await self._handle(item))
                succeeded, in_a_row = succeeded + 1, 0
            except PrelaError as error:
                failures.append(Failure(item.key, str(error)))
                in_a_row = in_a_row + 1 if isinstance(error, _NOT_THE_ITEMS) else 0
            if in_a_row == _GIVE_UP:
                failures.append(Failure("items", "so many failed in a row that the rest wait"))
                break
        return Outcome(counts=dict(counts), failures=tuple(failures), succeeded=succeeded)

    async def _handle(self, item: Item) -> Counter[str]:
        us = self._profile.us
        if self._profile.is_ours(item.author):
            self._parts.state.settle(item)
            return Counter()
        mention = mention_of(item, us, await self._model.generate(mention_request(item, us)))
        if self._is_about_others(item):
            mention = attrs.evolve(mention, relevant=False)
        self._parts.history.add_mentions([mention])
        done = Counter[str]()
        if mention.relevant:
            done["mentions"] += 1
            if mention.intent is Intent.QUESTION and self._is_waited_for(item):
                done.update(await self._answer(mention))
            elif mention.intent in {Intent.BUG, Intent.FEATURE_REQUEST}:
                done.update(await self._file(mention))
        self._parts.state.settle(item)
        return done

    def _is_about_others(self, item: Item) -> bool:
        """Say whether it names a competitor and not us: where we are at home, nobody need name us,
        and what is said there of others reads as if it were of us.
        """  # noqa: D205 - one sentence
        return not names(item.words, self._profile.us) and any(
            names(item.words, each) for each in self._profile.competitors
        )

    def _is_waited_for(self, item: Item) -> bool:
        return self._parts.clock.now() - item.created_at <= _WAITED_FOR

    async def _answer(self, mention: Mention) -> Counter[str]:
        item = mention.item
        if self._parts.state.drafted(item.key):
            return Counter()
        if self._library is None:
            self._library = Library(self._parts.index, self._parts.embedder)
        looked_up = self._library.look_up(without_demands(item.words))
        if not looked_up.passages:
            return Counter(unanswered=1)
        answer = answer_of(looked_up, await self._model.generate(answer_request(looked_up)))
        if not answer.given:
            return Counter(unanswered=1)
        draft = reply_to(mention, answer, self._library, self._profile, self._parts.clock.now())
        return Counter(drafts=int(self._parts.state.queue(draft)))

    async def _file(self, mention: Mention) -> Counter[str]:
        desk, item = self._parts.desk, mention.item
        if desk is None:
            return Counter(unfiled=1)
        if await desk.known(item) is not None:
            return Counter()
        title, description = written_up(mention)
        found = Resolution()
        if self._candidates is not None:
            candidates = await self._candidates.of(title, item.text)
            found = await resolve((title, item.text), candidates, self._model.generate)
        if found.same is not None:
            attached = await desk.attach(item, found.same)
            return Counter(planned=1) if attached is None else Counter(attached=1)
        opened = await desk.open(item, title, description, labels_of(mention), found.perhaps)
        if opened is None:
            return Counter(planned=1)
        if self._candidates is not None:
            self._candidates.add(opened)
        return Counter(issues=1)
