"""Taking spans out whole: which ones, in which form, and the queries that give them piece by piece."""

from __future__ import annotations

from prela_core.store.export.selection import ExportForm, Selection

__all__ = ["ExportForm", "Selection"]
