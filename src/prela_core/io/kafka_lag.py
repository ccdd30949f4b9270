"""How much waits in a topic, and what it deleted before it was taken."""

from __future__ import annotations

import asyncio
import logging

from aiokafka.errors import KafkaError

from prela_core.bus.figures import FeedFigures
from prela_core.bus.leases import Gap, Leases
from prela_core.bus.losses import Losses, Standing
from prela_core.io.kafka_intake import Intake

__all__ = ["Lag"]

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 5.0


class Lag:
    """Counts into `figures` what of `topic` waits for the holder of `leases`, and what is lost."""

    def __init__(self, topic: str, leases: Leases, figures: FeedFigures) -> None:
        self._topic = topic
        self._leases = leases
        self._figures = figures
        self._losses = Losses()

    async def look(self, intake: Intake) -> int | None:
        """Count the records that are not committed; None when nobody can say now."""
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                standings = await intake.standings(self._leases.done)
        except (TimeoutError, KafkaError):
            return None
        self._note_losses(standings)
        self._figures.lag = {number: each.lag for number, each in standings.items()}
        return sum(self._figures.lag.values())

    def _note_losses(self, standings: dict[int, Standing]) -> None:
        missing = self._leases.gaps()
        for partition, each in standings.items():
            # What was taken is not lost, though it may be in hand yet.
            taken = max(each.done, self._leases.following(partition) or 0)
            missing.append(Gap(partition, taken, each.first))
        firsts = {partition: each.first for partition, each in standings.items()}
        for partition, lost in self._losses.found(missing, firsts).items():
            self._figures.lost += lost
            _log.error(
                "%d records of %s/%d were deleted before they were taken; its retention is "
                "too short for how long nothing was stored",
                lost,
                self._topic,
                partition,
            )
