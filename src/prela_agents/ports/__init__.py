"""What agents ask of the world. Those that do I/O are async; the others answer at once."""

from __future__ import annotations

from prela_agents.ports.agent import Agent, Parts
from prela_agents.ports.clock import Clock
from prela_agents.ports.history import History
from prela_agents.ports.index import Embedder, Index
from prela_agents.ports.model import Model
from prela_agents.ports.publisher import Policy, Publisher
from prela_agents.ports.source import Gauge, Recheck, Source
from prela_agents.ports.state import State
from prela_agents.ports.tracker import Desk, Tracker

__all__ = [
    "Agent",
    "Clock",
    "Desk",
    "Embedder",
    "Gauge",
    "History",
    "Index",
    "Model",
    "Parts",
    "Policy",
    "Publisher",
    "Recheck",
    "Source",
    "State",
    "Tracker",
]
