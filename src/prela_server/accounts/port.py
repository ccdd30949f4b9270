"""The accounts port: making, listing, revoking and recognising API keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from prela_core.errors import NotFoundError, UnauthenticatedError
from prela_server.accounts.model import Identity, KeyInfo

__all__ = ["Accounts", "no_such_key", "refused"]


class Accounts(Protocol):
    """API keys and the projects they belong to. A project exists once a key names it.

    All methods block for as long as the storage takes, and may be called from any thread.
    All raise `UnavailableError`, whose sentence says nothing of the storage, when it does not
    answer in time; that is never mistaken for a bad key.
    """

    def create(self, project_id: str, scopes: Iterable[str], name: str = "") -> tuple[KeyInfo, str]:
        """Make a key, and give it in plain text: this is the only time that it can be seen.

        Returns after the key is durable. Raises `InvalidError` as `KeyRequest` says.
        """

    def list(self, project_id: str | None = None) -> Sequence[KeyInfo]:
        """List the keys of a project, or of all, revoked ones too: by creation, then by id."""

    def revoke(self, key_id: str) -> KeyInfo:
        """End a key for good; returns after that is durable.

        Every process stops accepting the key within 5 seconds. Revoking it again changes
        nothing. Raises `NotFoundError` when there is no such key.
        """

    def identify(self, text: str | None) -> Identity:
        """Say whose key `text` is.

        Raises `UnauthenticatedError` when it is missing, malformed, unknown or revoked, with
        the same sentence for all: which of these it was is nobody's business.
        """

    def ping(self) -> None:
        """Return when the storage answers."""

    def close(self) -> None:
        """Let go of the storage; doing so again does nothing."""


def refused() -> UnauthenticatedError:
    """Make the one answer to every key that can't be accepted."""
    return UnauthenticatedError(
        "A valid API key is needed, as 'X-API-Key: <key>' or 'Authorization: Bearer <key>'."
    )


def no_such_key() -> NotFoundError:
    """Make the answer to an unknown key id.

    It does not repeat what was asked for: people paste whole keys where an id is meant.
    """
    return NotFoundError("There is no key with this id; `prela keys list` shows the ids.")
