"""What was traced, as plain text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prela_core.names_on_use import names_on_use

if TYPE_CHECKING:
    from prela_core.text.trace_tree import trace_tree_text

__all__ = ["trace_tree_text"]

__getattr__, __dir__ = names_on_use(
    __name__,
    {
        "trace_tree_text": "prela_core.text.trace_tree",
    },
)
