"""Taking spans out whole: which, in which form, and the queries that give them in pieces."""

from __future__ import annotations

from prela_core.store.export.selection import ExportForm, Selection

__all__ = ["ExportForm", "Selection"]
