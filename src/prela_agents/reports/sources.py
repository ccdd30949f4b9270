"""The sources of a report, numbered in the order that sentences first name them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from prela_agents.model import Report

__all__ = ["Sources"]


class Sources:
    """Numbers from 1 on."""

    def __init__(self, report: Report) -> None:
        self._numbers: dict[str, int] = {}
        for section in report.sections:
            for sentence in section.sentences:
                for source in sentence.sources:
                    self._numbers.setdefault(source, len(self._numbers) + 1)

    def of(self, sources: Sequence[str]) -> list[int]:
        """Give the numbers of a sentence's sources, each once and in order."""
        return sorted({self._numbers[each] for each in sources})

    def all(self) -> list[tuple[int, str]]:
        """Give each number with its source."""
        return [(number, source) for source, number in self._numbers.items()]

    @staticmethod
    def is_address(source: str) -> bool:
        """Say whether a source can be followed: figures out of the history can't."""
        return urlsplit(source).scheme in {"http", "https"}
