"""Asking Linear: everything is a POST, and errors may come with a 200."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import attrs
import msgspec

from prela_agents.errors import (
    ExpiredTokenError,
    MalformedAnswerError,
    NotSentError,
    PlatformError,
    RefusedError,
    UncertainError,
)
from prela_agents.http import Call, Http
from prela_agents.http.limits import linear
from prela_agents.model import Platform
from prela_agents.platforms.connecting import Options
from prela_agents.platforms.decoding import decoded

__all__ = ["Linear", "connect"]

T = TypeVar("T")


def connect(
    key: str, base_url: str = "https://api.linear.app", **options: Unpack[Options]
) -> Linear:
    """Connect with a personal key, which goes bare, or with an OAuth token, as `Bearer …`."""
    return Linear(
        Http(
            Platform.LINEAR,
            base_url,
            limits=linear,
            headers={"Authorization": key},
            secrets=(key,),
            **options,
        )
    )


class _Extensions(msgspec.Struct):
    code: str = ""
    type: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    extensions: _Extensions = msgspec.field(default_factory=_Extensions)


class _Reply(msgspec.Struct):
    data: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"null"))
    errors: list[_Error] = msgspec.field(default_factory=list)


@attrs.frozen
class Linear:
    """Asks Linear's GraphQL. The texts are ours and constant; what differs goes as variables."""

    http: Http

    async def __aenter__(self) -> Self:
        """Use it for a block."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def query(self, text: str, variables: Mapping[str, Any], kind: type[T]) -> T:
        """Read; gives the `data` as `kind`."""
        return await self._ask(text, variables, kind, changes=False)

    async def mutate(self, text: str, variables: Mapping[str, Any], kind: type[T]) -> T:
        """Change something; gives the `data` as `kind`."""
        return await self._ask(text, variables, kind, changes=True)

    async def _ask(
        self, text: str, variables: Mapping[str, Any], kind: type[T], *, changes: bool
    ) -> T:
        call = Call(
            method="POST",
            path="/graphql",
            json={"query": text, "variables": dict(variables)},
            bucket=text.split("(", 1)[0],
            repeatable=not changes,
        )
        reply = decoded(await self.http.send(call), _Reply)
        if reply.errors:
            raise _error(reply.errors, changes=changes)
        try:
            return msgspec.json.decode(reply.data, type=kind)
        except msgspec.DecodeError as error:
            said = f"its data is something else than documented: {error}"
            raise MalformedAnswerError(Platform.LINEAR, said) from None


def _error(errors: list[_Error], *, changes: bool) -> PlatformError:
    why = "; ".join(f"{each.extensions.code} {each.message}".strip() for each in errors)
    codes = {each.extensions.code for each in errors}
    if "AUTHENTICATION_ERROR" in codes:
        return ExpiredTokenError(Platform.LINEAR, why)
    if codes & {"", "INTERNAL_SERVER_ERROR"}:
        # What a server that failed has done, it can't say.
        return (UncertainError if changes else NotSentError)(Platform.LINEAR, why)
    return RefusedError(Platform.LINEAR, why)
