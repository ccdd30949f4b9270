"""The docs, cut by their headings, looked up by words and by meaning at once."""

from __future__ import annotations

from prela_agents.index.cutting import cut, read_docs
from prela_agents.index.docs import DocsIndex
from prela_agents.index.late import LateIndex
from prela_agents.index.vectors import WordLlamaEmbedder

__all__ = ["DocsIndex", "LateIndex", "WordLlamaEmbedder", "cut", "read_docs"]
