"""Words that say nothing of what a question is about."""

from __future__ import annotations

__all__ = ["STOP_WORDS"]

_ENGLISH = """
a able about after again all already also always am an and any anybody anyone anything are aren as
asked at away be because been before being but by call called can cannot could couldn did didn do
does doesn doing don done each either else ever every everything few for from further get gets
getting give given gives go goes going gone got had has hasn have haven having he hello help her
here hers hey hi him his how i if in instead into is isn it its itself just keep know let like ll
look m made make makes many may me mean means might mine more most much must my need needs never
new no nor not now of off ok on once one only onto or other others our ours out over own per
please possible put re really s same say says see seem seems set shall she should shouldn show so
some somebody someone something still such supposed t take tell than thank thanks that the their
theirs them then there these they thing things this those though through to too tried try trying
two under until up us use used uses using ve very want wants was wasn way ways we well went were
what when where whether which while who whom whose why will with within without won work working
works would wouldn yes yet you your yours prela
"""

STOP_WORDS = frozenset(_ENGLISH.split())
"""English, as the docs are; our own name stands on every page."""
