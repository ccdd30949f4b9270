"""A run as a trace of Prela's own: an agent span, and one below it for each step outside.

Agents know nothing of it: their parts are wrapped. Steps carry counts, names, keys and cost, but no
words of items, as those would have to be purged from traces as well.
"""

from __future__ import annotations

from prela_agents.tracing.parts import traced
from prela_agents.tracing.publishing import TracedPublisher
from prela_agents.tracing.recording import recorded, run_span, trace_id_of

__all__ = ["TracedPublisher", "recorded", "run_span", "trace_id_of", "traced"]
