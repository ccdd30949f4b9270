"""What people call dimensions, measures and orders: one list for every place that reads them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import TypeVar

from prela_core.errors import InvalidError
from prela_core.store.metrics import Dimension, Measure

__all__ = ["named", "names_of", "short_names"]

E = TypeVar("E", bound=StrEnum)

_MORE: Mapping[type[StrEnum], Mapping[str, StrEnum]] = MappingProxyType(
    {
        Dimension: {"type": Dimension.SPAN_TYPE, "env": Dimension.ENVIRONMENT},
        Measure: {
            "spans": Measure.COUNT,
            "tokens": Measure.TOTAL_TOKENS,
            "cost": Measure.COST,
            "ttft": Measure.P50_TTFT,
            **{
                each.removesuffix(ending): each
                for each in Measure
                for ending in ("_duration_ms", "_ms")
                if each.endswith(ending)
            },
        },
    }
)


@cache
def names_of(kind: type[E]) -> Mapping[str, E]:
    """Give all that the members of `kind` may be called: short, and as the API has them.

    Of orders these are words such as `most-spans` beside `-span_count`, of dimensions `tool` and
    `env`, of measures `p95` and `tokens`.
    """
    found = {name: each for name, each in _MORE.get(kind, {}).items() if isinstance(each, kind)}
    return MappingProxyType(short_names(kind) | found | {each.value: each for each in kind})


def short_names(kind: type[E]) -> dict[str, E]:
    """Give one short name of each member of an order or of `Dimension`."""
    dash = "_" if issubclass(kind, Dimension | Measure) else "-"
    return {each.name.lower().replace("_", dash): each for each in kind}


def named(kind: type[E], word: object) -> E:
    """Give the member that `word` names in any letter case, with - or _ between its parts.

    Raises `InvalidError`, which says what there is.
    """
    names: Mapping[str, E] = names_of(kind)
    lower = word.lower() if isinstance(word, str) else ""
    for one in (lower, lower.replace("_", "-"), lower.replace("-", "_")):
        if (found := names.get(one)) is not None:
            return found
    raise InvalidError(f"{word!r} is not one of {', '.join(names)}")
