"""Who understands and writes texts."""

from __future__ import annotations

from typing import Protocol

from prela_agents.model import Request, Response

__all__ = ["Model"]


class Model(Protocol):
    """A model of language, or rules in its place."""

    @property
    def name(self) -> str:
        """What its answers are signed with: `rules`, or the model's name."""

    async def generate(self, request: Request) -> Response:
        """Give an object that meets the request's schema, checked here.

        Raises `ModelError` when the model gave none, `UnexpectedRequestError` when it does not
        know the task, and `PlatformError` when it could not be asked.
        """
