"""Amplifier: docs and releases as drafts for each place, and battle cards of the claim ledger.

topics.py    what there is to talk about
writing.py   asking for the words, and what of them is let through
shaping.py   the same words in the forms of places
claims.py    what competitors' pages say, with the words that carry it
cards.py     battle cards and the positioning page, of claims alone
rules.py     all of it without a key
agent.py     the pipeline
"""

from __future__ import annotations

from prela_agents.amplifier.agent import Amplifier
from prela_agents.amplifier.cards import battle_card, positioning_page
from prela_agents.amplifier.rules import RULES

__all__ = ["RULES", "Amplifier", "battle_card", "positioning_page"]
