"""Which logins reading and publishing take, and what waits for one."""

from __future__ import annotations

from collections.abc import Mapping

from prela_agents.model import DraftState, Platform
from prela_agents.run.settings import Secrets
from prela_agents.state import NEVER_LEAVE, Reviewed

__all__ = ["has_login", "may_publish", "missing", "missing_to_publish", "waits_for"]

_READING: Mapping[Platform, tuple[str, ...]] = {
    Platform.REDDIT: ("reddit_client_id", "reddit_client_secret", "reddit_username"),
    Platform.X: ("x_bearer_token",),
    Platform.DISCORD: ("discord_bot_token",),
    Platform.LINEAR: ("linear_api_key", "linear_team_id"),
}
"""What it takes to read each, as fields of `Secrets`."""

_PUBLISHING: Mapping[Platform, tuple[str, ...]] = {
    Platform.REDDIT: (*_READING[Platform.REDDIT], "reddit_refresh_token"),
    Platform.X: ("x_user_token",),
    Platform.DISCORD: _READING[Platform.DISCORD],
}
"""What it takes to publish there."""


def has_login(platform: Platform, secrets: Secrets) -> bool:
    """Say whether it can be read."""
    return _are_set(_READING[platform], secrets)


def may_publish(platform: Platform, secrets: Secrets) -> bool:
    """Say whether something can be published there; never on Hacker News."""
    return platform in _PUBLISHING and _are_set(_PUBLISHING[platform], secrets)


def missing(secrets: Secrets) -> list[str]:
    """Say of each platform that can't be read which variables it takes."""
    return [_sentence(each, _READING[each]) for each in _READING if not has_login(each, secrets)]


def missing_to_publish(secrets: Secrets) -> list[str]:
    """Say of each platform that nothing can be published to which variables it takes."""
    return [
        _sentence(each, _PUBLISHING[each]) for each in _PUBLISHING if not may_publish(each, secrets)
    ]


def waits_for(reviewed: Reviewed, secrets: Secrets) -> str:
    """Say which variables an approved draft waits for, as `X: set X_USER_TOKEN`; or nothing."""
    draft = reviewed.draft
    leaves = reviewed.state is DraftState.APPROVED and draft.kind not in NEVER_LEAVE
    if not leaves or draft.platform not in _PUBLISHING or may_publish(draft.platform, secrets):
        return ""
    return _sentence(draft.platform, _PUBLISHING[draft.platform])


def _are_set(needed: tuple[str, ...], secrets: Secrets) -> bool:
    return all(getattr(secrets, each) for each in needed)


def _sentence(platform: Platform, needed: tuple[str, ...]) -> str:
    variables = Secrets.variables()
    return f"{platform.capitalize()}: set {', '.join(variables[each] for each in needed)}"
