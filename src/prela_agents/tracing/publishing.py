"""A publisher whose posts are spans that name their draft."""

from __future__ import annotations

import attrs

from prela_agents.model import Platform, Post, Receipt
from prela_agents.ports import Publisher
from prela_agents.state import Outgoing
from prela_core import SpanType, span
from prela_core.emit import ActiveSpan

__all__ = ["TracedPublisher"]


@attrs.frozen
class TracedPublisher:
    """Publishes through `inner`; whose post it is, the outbox knows."""

    inner: Publisher
    outgoing: Outgoing

    @property
    def platform(self) -> Platform:
        """Where it publishes."""
        return self.inner.platform

    async def publish(self, post: Post, key: str) -> Receipt:
        """Publish `post`, and say in the span what came of it."""
        with self._step("publish", key) as step:
            receipt = await self.inner.publish(post, key)
            step.set("prela.agents.receipt", receipt.url)
            return receipt

    async def find(self, post: Post, key: str) -> Receipt | None:
        """Read the platform, and say in the span whether it is there."""
        with self._step("find", key) as step:
            receipt = await self.inner.find(post, key)
            step.set("prela.agents.found", receipt is not None)
            return receipt

    def _step(self, what: str, key: str) -> ActiveSpan:
        entry = self.outgoing.get(key)
        said = {
            "tool.name": f"{self.platform}.{what}",
            "prela.agents.key": key,
            "prela.agents.draft": entry.draft.id if entry is not None else None,
        }
        return span(f"{what} {self.platform}", SpanType.TOOL, said)
