"""The baseline: a plain function for each task, and no key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prela_agents.errors import UnexpectedRequestError
from prela_agents.model import Request, Response
from prela_agents.models.schema import checked

__all__ = ["Rule", "Rules", "RulesModel"]

Rule = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Takes the `inputs` of a request and gives the `value` of its response; pure."""

Rules = Mapping[str, Rule]
"""A rule for each task, by the task's name."""


class RulesModel:
    """Answers by rules. It costs nothing, and says the same whenever it is asked the same."""

    name = "rules"

    def __init__(self, *rules: Rules) -> None:
        self._rules: dict[str, Rule] = {}
        for each in rules:
            self._rules.update(each)

    async def generate(self, request: Request) -> Response:
        """Ask the rule of the task. Raises `UnexpectedRequestError` when there is none."""
        rule = self._rules.get(request.task)
        if rule is None:
            raise UnexpectedRequestError(
                f"there is no rule for {request.task!r}; there are {sorted(self._rules)}"
            )
        return Response(value=checked(rule(request.inputs), request), model=self.name)
