"""Being logged in at Reddit: tokens last an hour, and are made from the app's credentials."""

from __future__ import annotations

import base64
from types import TracebackType
from typing import Self, Unpack

import attrs
import msgspec

from prela_agents.errors import ExpiredTokenError
from prela_agents.http import Answer, Call, Http
from prela_agents.http.limits import reddit
from prela_agents.model import Platform
from prela_agents.platforms.connecting import Options
from prela_agents.platforms.decoding import decoded
from prela_core import __version__

__all__ = ["Reddit", "connect"]

_MARGIN_SECONDS = 60


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float = 3600


def connect(
    client_id: str,
    client_secret: str,
    user: str,
    *,
    refresh_token: str = "",
    base_url: str = "https://oauth.reddit.com",
    login_url: str = "https://www.reddit.com",
    **options: Unpack[Options],
) -> Reddit:
    """Connect as an app of `user`, who Reddit wants named; publishing takes a `refresh_token`."""
    agent = {"User-Agent": f"python:prela-agents:{__version__} (by /u/{user})"}
    basic = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
    secrets = (client_secret, refresh_token)
    return Reddit(
        Http(Platform.REDDIT, base_url, limits=reddit, headers=agent, secrets=secrets, **options),
        Http(
            Platform.REDDIT,
            login_url,
            headers={**agent, "Authorization": f"Basic {basic}"},
            secrets=secrets,
            **options,
        ),
        refresh_token,
    )


@attrs.define
class Reddit:
    """Asks Reddit, with a token that is made when it is needed."""

    http: Http
    _login: Http
    _refresh_token: str = attrs.field(repr=False)
    _token: str = attrs.field(default="", repr=False, init=False)
    _until: float = attrs.field(default=0.0, init=False)

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
        await self._login.aclose()

    async def send(self, call: Call) -> Answer:
        """Make the call; when its token is refused, which does nothing, once more with another."""
        if self.http.clock.monotonic() >= self._until:
            await self._log_in()
        try:
            return await self.http.send(self._signed(call))
        except ExpiredTokenError:
            await self._log_in()
            return await self.http.send(self._signed(call))

    def _signed(self, call: Call) -> Call:
        return attrs.evolve(call, headers={"Authorization": f"Bearer {self._token}"})

    async def _log_in(self) -> None:
        grant = (
            {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
            if self._refresh_token
            else {"grant_type": "client_credentials"}
        )
        call = Call(method="POST", path="/api/v1/access_token", form=grant)
        token = decoded(await self._login.send(call), _Token)
        self._token = token.access_token
        lasts = max(token.expires_in - _MARGIN_SECONDS, 0.0)
        self._until = self.http.clock.monotonic() + lasts
