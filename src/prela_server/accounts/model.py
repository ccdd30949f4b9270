"""What accounts are about: the wish for a key, what is known of a key, and whose request it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import attrs

from prela_core.errors import ForbiddenError, InvalidError
from prela_server.accounts.keys import PREFIX, Scope

__all__ = ["Identity", "KeyInfo", "KeyRequest", "is_project_id"]

_PROJECT_ID = re.compile(r"[a-z0-9_-]{1,64}")
_MAX_NAME_LENGTH = 100


def is_project_id(text: str) -> bool:
    """Say whether `text` can be the id of a project: 1-64 of `a-z 0-9 _ -`."""
    return _PROJECT_ID.fullmatch(text) is not None


def _scopes(words: Iterable[str]) -> frozenset[Scope]:
    try:
        scopes = frozenset(Scope(word) for word in words)
    except ValueError:
        raise InvalidError(f"scopes must be among {', '.join(Scope)}") from None
    if not scopes:
        raise InvalidError(f"a key needs at least one scope: {', '.join(Scope)}")
    return scopes


@attrs.frozen(kw_only=True)
class KeyRequest:
    """The wish for a new key, checked: every adapter builds one first.

    Raises `InvalidError` for a project id that is not 1-64 of `a-z 0-9 _ -`, for no or unknown
    scopes, and for a name over 100 characters or with characters that can't be printed.
    """

    project_id: str
    scopes: frozenset[Scope] = attrs.field(converter=_scopes)
    name: str

    def __attrs_post_init__(self) -> None:
        """Refuse what no key can be."""
        if not is_project_id(self.project_id):
            raise InvalidError(
                "a project id has 1 to 64 characters: lower-case letters, digits, '_' and '-'"
            )
        if len(self.name) > _MAX_NAME_LENGTH or not self.name.isprintable():
            raise InvalidError(
                f"a key's name has at most {_MAX_NAME_LENGTH} characters, all of them printable"
            )


@attrs.frozen(kw_only=True)
class KeyInfo:
    """What is known of a key, and may be shown to those who administer it.

    `prefix` is the part of the key that tells it apart, with `…` for the secret part.
    Times are aware datetimes in UTC; `revoked_at` is None while the key works.
    """

    key_id: str
    project_id: str
    scopes: frozenset[Scope]
    name: str
    created_at: datetime
    revoked_at: datetime | None = None
    prefix: str = attrs.field(init=False)

    @prefix.default
    def _make_prefix(self) -> str:
        return f"{PREFIX}{self.key_id}…"


@attrs.frozen(kw_only=True)
class Identity:
    """Whose request it is: the only place that a request's project may be taken from."""

    project_id: str
    key_id: str
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Say whether the key reaches as far as `scope`."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def require(self, scope: Scope) -> None:
        """Raise `ForbiddenError` unless the key reaches as far as `scope`."""
        if not self.may(scope):
            raise ForbiddenError(f"This key does not have the scope '{scope}'.")
