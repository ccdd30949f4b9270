"""Whether a text names a product."""

from __future__ import annotations

import re

from prela_agents.model import Product

__all__ = ["names"]


def names(text: str, product: Product) -> bool:
    """Say whether one of the product's names stands in `text`, letter case apart."""
    return any(
        re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) for name in product.names
    )
