"""What aiokafka may log: no secret, no span, and nothing over and over."""

from __future__ import annotations

import logging
import time

__all__ = ["quieten"]

_SHOW_CONTENT = ("aiokafka.conn", "aiokafka.producer.producer")
"""Their debug lines hold whole requests, the one with the password included, and whole records."""

_REPEAT = (
    "aiokafka",
    "aiokafka.cluster",
    "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator",
    "aiokafka.producer.sender",
    "prela_core.io.kafka_link",
)
"""They say with each attempt, some ten times a second, that a broker is away."""

_SECONDS = 10.0
_REMEMBERED = 100


def _no_content(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


class _Seldom(logging.Filter):
    """Lets the same words through once in some seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        now = time.monotonic()
        said = record.getMessage()
        if now - self._last.get(said, -_SECONDS) < _SECONDS:
            return False
        if len(self._last) >= _REMEMBERED:
            self._last.clear()
        self._last[said] = now
        return True


_seldom = _Seldom()


def quieten() -> None:
    """Put it in force, in this process; doing so again changes nothing."""
    for name in _SHOW_CONTENT:
        logging.getLogger(name).addFilter(_no_content)
    for name in _REPEAT:
        logging.getLogger(name).addFilter(_seldom)
