"""Pieces of the docs, and words quoted from them."""

from __future__ import annotations

import attrs

__all__ = ["Passage", "Quote"]


@attrs.frozen(kw_only=True)
class Passage:
    """What stands below one heading of one file of the docs.

    `id` is `path#anchor`, the same as long as neither changes. `trail` is the headings above and
    its own, outermost first. `text` is the source as it stands, the headings left out.
    `score` says how well it fits a question, and is only comparable within one answer.
    """

    id: str
    path: str
    anchor: str
    trail: tuple[str, ...]
    text: str
    score: float = 0.0

    @property
    def title(self) -> str:
        """The headings as people would say them."""
        return " / ".join(self.trail)


@attrs.frozen
class Quote:
    """Words out of a passage, which must be found there again."""

    passage_id: str
    text: str

    def resolves_in(self, passage: Passage) -> bool:
        """Say whether the words stand in `passage`, line breaks and repeated spaces apart."""
        words = _flat(self.text)
        return bool(words) and passage.id == self.passage_id and words in _flat(passage.text)


def _flat(text: str) -> str:
    return " ".join(text.split())
