"""Two models, as far as the desk notices: how fast they write, and how often they are right."""

from __future__ import annotations

import attrs

__all__ = ["MODELS", "Model"]


@attrs.frozen
class Model:
    """A model's name and manners.

    It takes about `first_token` seconds to begin, writes `tokens_a_second`, is right in the share
    `right` of its answers, and asks for the same thing once more in the share `wavers`.
    """

    name: str
    first_token: float
    tokens_a_second: float
    right: float
    wavers: float


MODELS = (
    Model("gpt-4o", first_token=0.52, tokens_a_second=68.0, right=0.97, wavers=0.04),
    Model("gpt-4o-mini", first_token=0.31, tokens_a_second=104.0, right=0.86, wavers=0.22),
)
