"""Two days of customers: who comes when, and what they ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from examples.support_desk.desk import Desk, Question
from examples.support_desk.models import MODELS
from examples.support_desk.shop import Shop
from prela_core import Span, Tracer, context
from prela_core.emit import DirectSink
from prela_core.testing import ManualClock, MemoryExporter

__all__ = ["record"]

_FIRST_DAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
_DAYS, _HOURS = 2, 12
_CUSTOMERS_AN_HOUR = (3, 5, 7, 9, 8, 6, 7, 9, 10, 7, 4, 2)
_NAMES = ("ada", "alan", "barbara", "edsger", "grace", "ken", "radia", "tim")
_ASKED = {
    "late": "My order {order} should have been here on Monday. Where is it?",
    "lost": "I think order {order} is lost. What do I do?",
    "return": "Can I send something back that I have not used?",
}


def record() -> list[Span]:
    """Play the two days, and give the spans of all that was done, in the order of their ends."""
    chance = Random(1906)  # noqa: S311 - the same each time
    clock = ManualClock(_FIRST_DAY)
    kept = MemoryExporter()

    def identity(length: int) -> str:
        return f"{chance.getrandbits(4 * length):0{length}x}"

    tracer = Tracer(
        "support-desk",
        DirectSink(kept),
        now_ns=lambda: clock.micros() * 1000,
        monotonic_ns=lambda: clock.micros() * 1000,
        trace_id=lambda: identity(32),
        span_id=lambda: identity(16),
    )
    shop = Shop(clock, chance)
    for number, arrives in enumerate(_arrivals(chance)):
        clock.advance(max(arrives - clock.now, timedelta(0)))
        customer = chance.choice(_NAMES)
        # Each customer is served by one of the two models, as in any fair comparison.
        model = MODELS[_NAMES.index(customer) % len(MODELS)]
        desk = Desk(tracer, clock, chance, shop, model)
        with context(session=f"session-{number:03}", user=customer, environment="production"):
            for question in _questions(chance):
                desk.answer(question)
                clock.sleep(chance.uniform(5, 40))
    return list(kept.spans)


def _arrivals(chance: Random) -> Iterator[datetime]:
    for day in range(_DAYS):
        for hour in range(_HOURS):
            begin = _FIRST_DAY + timedelta(days=day, hours=hour)
            seconds = sorted(chance.uniform(0, 3600) for _ in range(_CUSTOMERS_AN_HOUR[hour]))
            yield from (begin + timedelta(seconds=each) for each in seconds)


def _questions(chance: Random) -> Iterator[Question]:
    for _ in range(chance.choice((1, 1, 2))):
        topic = chance.choices(tuple(_ASKED), (5, 3, 3))[0]
        order = None if topic == "return" else chance.randrange(1000, 2000)
        yield Question(_ASKED[topic].format(order=order), topic, order)
