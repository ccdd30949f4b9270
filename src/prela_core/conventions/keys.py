"""Which keys the tables care about, and what a span's keys come down to."""

from __future__ import annotations

from collections.abc import Iterable

from prela_core.conventions.span_types import NOT_OF_A_TOOL, SPAN_TYPES, TOOL_PREFIX
from prela_core.conventions.spellings import SPELLINGS

__all__ = ["READ_BY_PREFIX", "READ_FROM_EVENTS", "KeyKinds", "shape_of"]

READ_BY_PREFIX = frozenset({"indexed", "indexed_messages", "indexed_scores"})
"""Readers that collect all attributes whose keys begin as the rule spells."""
READ_FROM_EVENTS = frozenset({"input_events", "output_events", "score_events"})
"""Readers that look at the events, not at the attribute that the rule spells."""

_RULES = [rule for rules in SPELLINGS.values() for rule in rules]
_PREFIXES = tuple(rule.spelling for rule in _RULES if rule.read in READ_BY_PREFIX)
_SPELLED = frozenset(
    [rule.spelling for rule in SPAN_TYPES]
    + [rule.spelling for rule in _RULES if rule.read not in READ_BY_PREFIX | READ_FROM_EVENTS]
)

_MAX_KINDS = 16_384
_MAX_KEY = 200


class KeyKinds(dict[str, str]):
    """For each key seen: itself when a rule spells it, its prefix when a rule does, else "".

    Keys come from senders, so what is remembered of them is bounded.
    """

    def __missing__(self, key: str) -> str:
        """Classify a key not seen before, or forgotten since."""
        kind = key if key in _SPELLED else self._prefix(key)
        if len(key) <= _MAX_KEY:
            if len(self) >= _MAX_KINDS:
                self.clear()
            self[key] = kind
        return kind

    @staticmethod
    def _prefix(key: str) -> str:
        for prefix in _PREFIXES:
            if key.startswith(prefix):
                return prefix
        return TOOL_PREFIX if key.startswith(TOOL_PREFIX) and key not in NOT_OF_A_TOOL else ""


_kind = KeyKinds().__getitem__


def shape_of(keys: Iterable[str]) -> tuple[str, ...]:
    """Give what the rules can see of `keys`; spans of one emitter share few shapes."""
    return tuple(filter(None, map(_kind, keys)))
