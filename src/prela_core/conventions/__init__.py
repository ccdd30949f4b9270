"""What attributes mean: spellings to typed columns, model prices to cost."""

from __future__ import annotations

from prela_core.conventions.columns import COLUMNS, TypedColumns
from prela_core.conventions.prices import Price, price_of, price_version
from prela_core.conventions.resolve import explain, resolve
from prela_core.conventions.spellings import CONVENTIONS_VERSION

__all__ = [
    "COLUMNS",
    "CONVENTIONS_VERSION",
    "Price",
    "TypedColumns",
    "explain",
    "price_of",
    "price_version",
    "resolve",
]
