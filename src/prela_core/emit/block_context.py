"""What holds for every span of a block: session, user, tags, environment, and anything else."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from prela_core.emit.place import SAID_HERE, Said
from prela_core.wire.encode import json_value

__all__ = ["ENVIRONMENT", "SESSION", "TAGS", "USER", "context", "merged"]

SESSION = "session.id"
USER = "user.id"
ENVIRONMENT = "environment"
TAGS = "prela.tags"


class context:  # noqa: N801 - used as a function is, in a `with` statement
    """Say something of every span that starts within a `with` block.

        with prela_core.context(session="s-1", user="u-7", tags=["beta"], tenant="acme"):
            answer(question)

    They become the attributes `session.id`, `user.id`, `environment`, `prela.tags`, and `more`
    under its own names; what a span sets itself wins. Blocks may nest: the inner one adds to the
    outer and wins over it, and tags are joined. It goes where the current span goes, over
    `await`, tasks and `in_context`, and by `inject` to other programs.
    """

    __slots__ = ("_entered", "_said")

    def __init__(
        self,
        /,
        *,
        session: str | None = None,
        user: str | None = None,
        tags: Iterable[str] | None = None,
        environment: str | None = None,
        **more: Any,
    ) -> None:
        said = {SESSION: session, USER: user, ENVIRONMENT: environment}
        self._said: dict[str, Any] = {key: one for key, one in said.items() if one is not None}
        if tags is not None:
            self._said[TAGS] = [tags] if isinstance(tags, str) else list(tags)
        self._said = json_value({**self._said, **more})
        # What was set, and what held before: one object may be used in several tasks at once.
        self._entered: list[tuple[Said, Said | None]] = []

    def __enter__(self) -> Self:
        before = SAID_HERE.get()
        here = merged(before, self._said)
        self._entered.append((here, before))
        SAID_HERE.set(here)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        # Not by a token: the block may end in another context than it began in.
        here = SAID_HERE.get()
        entered = self._entered.copy()
        one = next((one for one in entered if one[0] is here), entered[-1])
        self._entered.remove(one)
        SAID_HERE.set(one[1])


def merged(outer: Said | None, said: dict[str, Any], foreign: tuple[str, ...] = ()) -> Said:
    """Give what holds in a block that says `said` within `outer`."""
    if outer is None:
        return Said(said, foreign)
    both = {**outer.attributes, **said}
    if TAGS in said and isinstance(outer.attributes.get(TAGS), list):
        both[TAGS] = list(dict.fromkeys([*outer.attributes[TAGS], *said[TAGS]]))
    return Said(both, foreign or outer.foreign)
