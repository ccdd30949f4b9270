"""Where texts go out."""

from __future__ import annotations

from typing import Protocol

from prela_agents.model import Draft, Platform, Post, Receipt

__all__ = ["Policy", "Publisher"]


class Publisher(Protocol):
    """A platform that posts can be sent to. Only the outbox calls it."""

    @property
    def platform(self) -> Platform:
        """Where it publishes."""

    async def publish(self, post: Post, key: str) -> Receipt:
        """Publish `post`, and say what came of it.

        `key` is 24 hex digits, the same whenever this very post is tried again; it is passed on
        where the platform knows how to make one post of two requests with it. One call makes one
        request that could publish: nothing in it tries again by itself.

        Raises `NotSentError` and `RefusedError` only where certainly nothing was published;
        anything else that is raised means that it may have been.
        """

    async def find(self, post: Post, key: str) -> Receipt | None:
        """Read the platform for what `publish` with the same arguments may have made.

        None says that it is not there, as of now. Raises `PlatformError` when that can't be told.
        """


class Policy(Protocol):
    """A rule of ours about what may leave; a platform's own rules as code."""

    def objection(self, draft: Draft) -> str | None:
        """Say in a sentence why `draft` may not leave, or None: asked when it is approved, and
        again right before it is sent.
        """  # noqa: D205 - one sentence
