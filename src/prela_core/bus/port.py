"""The bus: what carries batches from the gateways to the worker, and what it promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import attrs

from prela_core.model import SpanBatch

__all__ = ["Bus", "Delivery", "Feed", "joined", "weight_of"]


class Bus(Protocol):
    """The sending end, held by the ingest gateway."""

    async def publish(self, batch: SpanBatch) -> None:
        """Hand `batch` over; returns only after every span of it is durable.

        Raises `BusFullError` at once when there is no room, having taken nothing, and
        `BusUnavailableError` or `StoreUnavailableError` when durability can't be had in time:
        then some spans may have landed, and sending them again is safe.
        """

    async def ready(self) -> None:
        """Return when the bus can take a batch now; raise an `UnavailableError` when not."""


@attrs.frozen(eq=False)
class Delivery:
    """A group of batches taken from the bus together, to be stored as one insert."""

    batches: Sequence[SpanBatch]
    tokens: Sequence[Any]
    """The adapter's own, one for each batch: what it needs to commit it."""
    divisible: bool = False
    """Whether a part of a batch may be committed or refused by itself. A sender that waits for
    one answer about its batch can't be told of halves."""

    @property
    def spans(self) -> int:
        """How many spans it holds."""
        return sum(len(batch.spans) for batch in self.batches)

    @property
    def weights(self) -> list[int]:
        """Give, for each batch, what it counts: parts of a batch count together what it does."""
        return [weight_of(batch) for batch in self.batches]

    def halves(self) -> list[Delivery]:
        """Cut it in two, to find what can't be stored; nothing when it can't be cut.

        The parts of a batch that is cut carry the same token.
        """
        middle = len(self.batches) // 2
        if middle:
            cut = slice(None, middle), slice(middle, None)
            return [Delivery(self.batches[each], self.tokens[each], self.divisible) for each in cut]
        if not self.divisible:
            return []
        return [
            Delivery([part], self.tokens, self.divisible)
            for batch in self.batches
            for part in _cut(batch)
        ]


def weight_of(batch: SpanBatch) -> int:
    """Count what can be committed by itself in `batch`; at least 1, for an empty one."""
    return len(batch.spans) + len(batch.traces) or 1


def joined(deliveries: Sequence[Delivery]) -> Delivery:
    """Make one delivery of several of one feed."""
    return Delivery(
        [batch for each in deliveries for batch in each.batches],
        [token for each in deliveries for token in each.tokens],
        all(each.divisible for each in deliveries),
    )


def _cut(batch: SpanBatch) -> list[SpanBatch]:
    if batch.spans and batch.traces:
        return [attrs.evolve(batch, traces=()), attrs.evolve(batch, spans=())]
    middle = weight_of(batch) // 2
    if not middle:
        return []
    cut = slice(None, middle), slice(middle, None)
    return [attrs.evolve(batch, spans=batch.spans[each], traces=batch.traces[each]) for each in cut]


class Feed(Protocol):
    """The receiving end, held by the worker. One delivery is in hand at a time.

    Of a divisible delivery, parts may be committed and refused, each once, in any order.
    """

    async def take(self) -> Delivery | None:
        """Wait for the next group; None after the bus was closed and drained."""

    async def commit(self, delivery: Delivery) -> None:
        """Say that every span of `delivery` is durable in the store: it won't come again."""

    async def refuse(self, delivery: Delivery, error: Exception) -> None:
        """Say that `delivery` could not be stored. Nothing of it may be taken as accepted.

        With an `UnavailableError` nothing is wrong with it: whoever waits for an answer is told,
        and what nobody waits for is given again later, by `take`. With any other error it is
        poison: whoever waits is told, and what nobody waits for goes to the dead letters.
        """
