"""What can be set.

Who we are and whom to watch is in a file of TOML, which can be kept with other code; secrets are in
the environment only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from prela_agents.model import Profile
from prela_agents.ours import PRELA

__all__ = ["ClickHouse", "Secrets", "Settings"]


def _secret(variable: str) -> str:
    made: str = attrs.field(default="", repr=False, metadata={"variable": variable})
    return made


@attrs.frozen(kw_only=True)
class Secrets:
    """Logins, each in the variable that is named here; what is empty is not used."""

    anthropic_api_key: str = _secret("ANTHROPIC_API_KEY")
    github_token: str = _secret("GITHUB_TOKEN")
    reddit_client_id: str = _secret("REDDIT_CLIENT_ID")
    reddit_client_secret: str = _secret("REDDIT_CLIENT_SECRET")
    reddit_username: str = _secret("REDDIT_USERNAME")
    reddit_refresh_token: str = _secret("REDDIT_REFRESH_TOKEN")
    x_bearer_token: str = _secret("X_BEARER_TOKEN")
    x_user_token: str = _secret("X_USER_TOKEN")
    discord_bot_token: str = _secret("DISCORD_BOT_TOKEN")
    linear_api_key: str = _secret("LINEAR_API_KEY")
    linear_team_id: str = _secret("LINEAR_TEAM_ID")

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Give the variable of each field."""
        return {each.name: each.metadata["variable"] for each in attrs.fields(cls)}


@attrs.frozen(kw_only=True)
class ClickHouse:
    """The server that keeps the history; without `host` it is kept in the agents' directory."""

    host: str = ""
    port: int = 0
    username: str = "default"
    password: str = attrs.field(default="", repr=False)
    database: str = "default"
    secure: bool = False


@attrs.frozen(kw_only=True)
class Settings:
    """All of it.

    `directory` holds the state, the leases and, without a ClickHouse, the history. `docs` is the
    folder that answers come from. `model` is `rules` or the name of a Claude. `endpoints` are
    addresses of platforms that are not where they usually are, by their names, and `allowed_hosts`
    are `host:port` in one's own network that web pages may be fetched from. `budgets` are dollars a
    month by platform.
    """

    profile: Profile = attrs.field(factory=lambda: Profile(us=PRELA))
    directory: Path
    docs: Path = Path("docs")
    model: str = "rules"
    project: str = "default"
    endpoints: Mapping[str, str] = attrs.field(factory=dict)
    allowed_hosts: tuple[str, ...] = ()
    budgets: Mapping[str, float] = attrs.field(factory=dict)
    secrets: Secrets = attrs.field(factory=Secrets)
    clickhouse: ClickHouse = attrs.field(factory=ClickHouse)
    exporter: str | None = None
