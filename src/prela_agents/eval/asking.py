"""Asking the judge that is measured: what it gave, and what it took."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

from prela_agents.errors import AgentError, ModelError, PlatformError, UnexpectedRequestError
from prela_agents.model import Request, Response
from prela_agents.ports import Model

__all__ = ["Asking", "of_each"]

T = TypeVar("T")
R = TypeVar("R")

_AT_ONCE = 8
"""A model takes seconds for each of a thousand answers."""


class Asking:
    """The model, how often it gave nothing, what it took, and what `broke` it off, if anything."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name = model.name
        self.failed = 0
        self.cost_usd = 0.0
        self.broke: PlatformError | None = None

    async def generate(self, request: Request) -> Response:
        """Ask for an agent, which lets rules stand in where a `ModelError` says that it declined.

        Here nobody stands in for who is measured: that is another `AgentError`.
        """
        answer = await self.try_to(request)
        if answer is None:
            raise AgentError(f"{self.name} gave nothing for {request.task!r}")
        return answer

    async def try_to(self, request: Request) -> Response | None:
        """Ask; None is what it gives when it declines. Raises `PlatformError`."""
        try:
            response = await self._model.generate(request)
        except UnexpectedRequestError:
            raise
        except ModelError:
            self.failed += 1
            return None
        except PlatformError as error:
            self.broke = error
            raise
        self.cost_usd += response.usage.cost_usd
        return response

    async def about_pairs(self, request: Request) -> Response:
        """Ask; what the model declines to compare is different, and nobody else's to say."""
        answer = await self.try_to(request)
        return answer or Response(value={"same": False, "certainty": 0.0}, model=self.name)


async def of_each(golden: Sequence[T], judged: Callable[[T], Awaitable[R]]) -> list[R]:
    """Give what `judged` gives of each, in their order, some at once; the first error ends all."""
    found: dict[int, R] = {}
    errors: list[Exception] = []
    free = anyio.CapacityLimiter(_AT_ONCE)
    async with anyio.create_task_group() as tasks:

        async def one(at: int, each: T) -> None:
            try:
                async with free:
                    found[at] = await judged(each)
            except Exception as error:  # noqa: BLE001 - raised below, where no group is put around it
                errors.append(error)
                tasks.cancel_scope.cancel()

        for at, each in enumerate(golden):
            tasks.start_soon(one, at, each)
    if errors:
        raise errors[0]
    return [found[at] for at in range(len(golden))]
