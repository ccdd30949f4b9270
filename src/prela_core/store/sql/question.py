"""A question in SQL, as a value."""

from __future__ import annotations

from enum import StrEnum

import attrs

from prela_core.errors import InvalidError

__all__ = ["MAX_ROWS", "MAX_TEXT", "SqlForm", "SqlQuestion"]

MAX_ROWS = 1_000_000
MAX_TEXT = 20_000


class SqlForm(StrEnum):
    """How rows are written."""

    JSON = "json"
    """`{"columns": [{"name": ..., "type": ...}], "rows": [[...]], "row_count": ...}`."""
    CSV = "csv"
    """With the names of the columns in the first line."""
    ARROW = "arrow"
    """An Arrow IPC stream."""


@attrs.frozen(kw_only=True)
class SqlQuestion:
    """One SELECT over the tables `spans` and `traces` of a project.

    An answer of more than `max_rows` rows (1 to 1,000,000) is refused, not cut. Raises
    `InvalidError` for an empty text or one of over 20,000 characters.
    """

    text: str
    form: SqlForm = SqlForm.JSON
    max_rows: int = 10_000

    def __attrs_post_init__(self) -> None:
        """Refuse what can't be asked."""
        if not self.text.strip():
            raise InvalidError("the query is empty; ask for example: SELECT count() FROM spans")
        if len(self.text) > MAX_TEXT:
            raise InvalidError(f"the query has over {MAX_TEXT:,} characters")
        if not 1 <= self.max_rows <= MAX_ROWS:
            raise InvalidError(f"max_rows must be between 1 and {MAX_ROWS:,}, not {self.max_rows}")
