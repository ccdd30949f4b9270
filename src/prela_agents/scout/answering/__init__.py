"""Answering out of the docs: with quotes that are found there again, or not at all."""

from __future__ import annotations

from prela_agents.scout.answering.answer import Answer
from prela_agents.scout.answering.lookup import Library, Lookup
from prela_agents.scout.answering.request import ANSWER, answer_of, answer_request
from prela_agents.scout.answering.rules import RULES

__all__ = ["ANSWER", "RULES", "Answer", "Library", "Lookup", "answer_of", "answer_request"]
