"""A model, and rules for what it declines."""

from __future__ import annotations

from prela_agents.errors import ModelError, UnexpectedRequestError
from prela_agents.model import Request, Response
from prela_agents.ports import Model

__all__ = ["OrRules"]


class OrRules:
    """Asks `model`; what it declines, `rules` do. Both sign what they say."""

    def __init__(self, model: Model, rules: Model) -> None:
        self._model = model
        self._rules = rules

    @property
    def name(self) -> str:
        """The model's."""
        return self._model.name

    async def generate(self, request: Request) -> Response:
        """Give the answer of the one or the other. Raises as `prela_agents.ports.Model` says."""
        try:
            return await self._model.generate(request)
        except UnexpectedRequestError:
            raise
        except ModelError:
            return await self._rules.generate(request)
