"""A model for tests: it says what it was told to, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from prela_agents.errors import UnexpectedRequestError
from prela_agents.model import Request, Response, Usage
from prela_agents.models.schema import checked

__all__ = ["Line", "ScriptedModel"]


@attrs.frozen(kw_only=True)
class Line:
    """What to answer when `task` is asked.

    `inputs` are those that a request must have; it may have more. `value` is the answer, an error
    to raise, or a function of the request's inputs. It is given as often as it is asked for.
    """

    task: str
    value: Mapping[str, Any] | Exception | Callable[[Mapping[str, Any]], Mapping[str, Any]]
    inputs: Mapping[str, Any] = attrs.field(factory=dict)
    usage: Usage = attrs.field(factory=Usage)

    def fits(self, request: Request) -> bool:
        """Say whether it is meant for this request."""
        return self.task == request.task and all(
            name in request.inputs and request.inputs[name] == wanted
            for name, wanted in self.inputs.items()
        )


class ScriptedModel:
    """Answers by the first line that fits, and remembers in `asked` what it was asked.

    An answer meets the request's schema or is a `ModelError`, as any model's.
    """

    def __init__(self, lines: Sequence[Line], *, name: str = "scripted") -> None:
        self.name = name
        self.asked: list[Request] = []
        self._lines = tuple(lines)

    async def generate(self, request: Request) -> Response:
        """Answer as told. Raises `UnexpectedRequestError` when no line fits."""
        self.asked.append(request)
        line = next((each for each in self._lines if each.fits(request)), None)
        if line is None:
            raise UnexpectedRequestError(
                f"no line of the script fits {request.task!r} with {dict(request.inputs)!r}"
            )
        if isinstance(line.value, Exception):
            raise line.value
        value = line.value(request.inputs) if callable(line.value) else line.value
        return Response(value=checked(value, request), model=self.name, usage=line.usage)
