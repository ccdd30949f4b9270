"""Scout: hears of us, answers out of the docs, and files what goes wrong.

answering/   a question, out of the docs, with quotes, or not at all
filing/      a bug or a wish as an issue, or attached to the one that is there
phrasing.py  an answer as a draft for the place where it was asked
agent.py     the pipeline
"""

from __future__ import annotations

from prela_agents.scout.agent import Scout
from prela_agents.scout.rules import RULES

__all__ = ["RULES", "Scout"]
