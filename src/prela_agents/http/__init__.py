"""How any platform is asked over HTTP.

A `Call` goes through `Http`, one for each platform and login: it waits while the platform's
limits want it, tries again what may be tried again, answers from the cache where the platform
says nothing changed, keeps to the budget, and lets no secret into an error. What differs between
platforms is a function that reads their headers (`limits/`). Web pages, whose addresses come
from others, go through the guard besides.
"""

from __future__ import annotations

from prela_agents.http.call import Answer, Call
from prela_agents.http.client import Http, Patience
from prela_agents.http.etags import ETags, MemoryETags, Saved
from prela_agents.http.guard import GuardedTransport
from prela_agents.http.spend import Budget, MemorySpend, Spend
from prela_agents.http.system_clock import SystemClock

__all__ = [
    "Answer",
    "Budget",
    "Call",
    "ETags",
    "GuardedTransport",
    "Http",
    "MemoryETags",
    "MemorySpend",
    "Patience",
    "Saved",
    "Spend",
    "SystemClock",
]
