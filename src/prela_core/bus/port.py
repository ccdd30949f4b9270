"""The bus: what carries batches from the gateways to the worker, and what it promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import attrs

from prela_core.model import SpanBatch

__all__ = ["Bus", "Delivery", "Feed"]


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

    @property
    def spans(self) -> int:
        """How many spans it holds."""
        return sum(len(batch.spans) for batch in self.batches)

    def split(self) -> list[Delivery]:
        """Give each batch as a delivery of its own, so that one can't hold up the others."""
        return [
            Delivery([batch], [token])
            for batch, token in zip(self.batches, self.tokens, strict=True)
        ]


class Feed(Protocol):
    """The receiving end, held by the worker. One delivery is in hand at a time."""

    async def take(self) -> Delivery | None:
        """Wait for the next group; None after the bus was closed and drained."""

    async def commit(self, delivery: Delivery) -> None:
        """Say that every span of `delivery` is durable in the store: it won't come again."""

    async def refuse(self, delivery: Delivery, error: Exception) -> None:
        """Say that `delivery` could not be stored. Nothing of it may be taken as accepted."""
