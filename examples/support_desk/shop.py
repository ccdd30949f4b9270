"""What the shop knows, and how long it takes to tell; one of its carriers has a bad afternoon."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import attrs

from prela_core.testing import ManualClock

__all__ = ["CARRIERS", "POLICIES", "PaymentDeclinedError", "Shop"]

CARRIERS = ("Nordpost", "Swiftline", "Parcel & Sons")

POLICIES = {
    "late": "What is late by more than five days is half paid back.",
    "lost": "What is lost is paid back in full within five days.",
    "return": "What is unused may be sent back within thirty days, at our cost.",
}

_BAD_FROM = datetime(2026, 11, 17, 13, 10, tzinfo=UTC)
_BAD_UNTIL = datetime(2026, 11, 17, 15, 40, tzinfo=UTC)
_GIVES_UP = 3.0


class PaymentDeclinedError(Exception):
    """The bank said no."""


@attrs.frozen
class Shop:
    """Answers after a while, which `clock` is moved on by; `chance` decides what varies."""

    clock: ManualClock
    chance: Random

    def policy(self, topic: str) -> list[str]:
        """Find the policies about `topic`, the best first."""
        self._take(0.045)
        others = [text for name, text in POLICIES.items() if name != topic]
        return [POLICIES[topic], others[0]]

    def order(self, number: int) -> dict[str, str]:
        """Look an order up; a KeyError where there is none."""
        self._take(0.03)
        if number % 37 == 0:
            raise KeyError(str(number))
        return {"order": str(number), "carrier": CARRIERS[number % len(CARRIERS)]}

    def parcel(self, carrier: str, number: int) -> str:
        """Ask a carrier where a parcel is; a TimeoutError where it does not say."""
        if carrier == CARRIERS[0] and _BAD_FROM <= self.clock.now < _BAD_UNTIL:
            self.clock.sleep(_GIVES_UP)
            raise TimeoutError(f"{carrier} did not answer within {_GIVES_UP:.0f} s")
        self._take(0.18 if carrier == CARRIERS[0] else 0.11)
        return ("on its way", "in the depot", "delivered to a neighbour", "lost")[number % 4]

    def refund(self, number: int) -> str:
        """Pay an order back."""
        self._take(0.4)
        if self.chance.random() < 0.05:  # noqa: PLR2004 - one in twenty
            raise PaymentDeclinedError(f"refund of order {number} was declined")
        return f"Order {number} is paid back."

    def _take(self, seconds: float) -> None:
        self.clock.sleep(seconds * self.chance.lognormvariate(0, 0.35))
