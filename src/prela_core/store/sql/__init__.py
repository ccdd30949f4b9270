"""SQL of users: what they ask, and how it is kept to one project, to reading, and to bounds."""

from __future__ import annotations

from prela_core.store.sql.question import MAX_ROWS, MAX_TEXT, SqlForm, SqlQuestion

__all__ = ["MAX_ROWS", "MAX_TEXT", "SqlForm", "SqlQuestion"]
