"""What the docs say to a question."""

from __future__ import annotations

import attrs

from prela_agents.model import Quote

__all__ = ["Answer"]


@attrs.frozen(kw_only=True)
class Answer:
    """`quotes` are of the docs, word for word; without one there is no answer.

    `text` is the model's own words for them, without any address, or empty. `dropped` are quotes
    and words of its that were not let through, for the reviewer.
    """

    quotes: tuple[Quote, ...] = ()
    text: str = ""
    judge: str = "rules"
    dropped: tuple[str, ...] = ()

    @property
    def given(self) -> bool:
        """Say whether there is one."""
        return bool(self.quotes)
