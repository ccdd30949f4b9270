"""The docs, to look things up in: cut by headings, found by words and by likeness."""

from __future__ import annotations

from prela_agents.index.docs import DocsIndex
from prela_agents.index.headings import passages_of
from prela_agents.index.wordllama import WordLlama

__all__ = ["DocsIndex", "WordLlama", "passages_of"]
