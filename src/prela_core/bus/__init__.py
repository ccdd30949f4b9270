"""How spans travel from gateway to worker: the ports."""

from __future__ import annotations

from prela_core.bus.port import Bus, Delivery, Feed, joined, weight_of

__all__ = ["Bus", "Delivery", "Feed", "joined", "weight_of"]
