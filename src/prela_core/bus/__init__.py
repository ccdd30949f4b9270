"""How spans travel from gateway to worker: the ports, and the records of a log between them."""

from __future__ import annotations

from prela_core.bus.port import Bus, Delivery, Feed
from prela_core.bus.records import Record, RecordError, Topic

__all__ = ["Bus", "Delivery", "Feed", "Record", "RecordError", "Topic"]
