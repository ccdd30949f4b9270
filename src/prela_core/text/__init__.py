"""What was traced, as plain text for people."""

from __future__ import annotations

from prela_core.text.trace_tree import trace_tree_text

__all__ = ["trace_tree_text"]
