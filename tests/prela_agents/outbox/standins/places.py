"""A platform and a tracker that keep a ledger of all that was ever made there.

They outlive the processes that talk to them. A crash may come between any two lines here as
well: after something was made, and before anyone heard of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from prela_agents.errors import NotSentError
from prela_agents.model import Attachment, Issue, NewIssue, Platform, Post, Receipt


@attrs.define
class Place:
    """Publishes without looking at the key, as most platforms do: nothing here prevents a double.

    `before` and `after` run before and after a post is made, and may raise.
    """

    platform: Platform = Platform.X
    posts: list[tuple[str, Post]] = attrs.field(factory=list)
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    readable: Callable[[], bool] = lambda: True

    async def publish(self, post: Post, key: str) -> Receipt:
        self.before()
        self.posts.append((key, post))
        number = len(self.posts)
        self.after()
        return Receipt(str(number), f"https://place.test/{number}")

    async def find(self, post: Post, key: str) -> Receipt | None:
        del key
        if not self.readable():
            raise NotSentError(self.platform, "it is down")
        for number, (_, made) in enumerate(self.posts, 1):
            if made == post:
                return Receipt(str(number), f"https://place.test/{number}")
        return None


@attrs.define
class Board:
    """A tracker. Ids are unique, as Linear's are; titles are not."""

    made: list[Issue] = attrs.field(factory=list)
    attachments: dict[tuple[str, str], Attachment] = attrs.field(factory=dict)
    asked: list[str] = attrs.field(factory=list)

    async def issue(self, issue_id: str) -> Issue | None:
        self.asked.append("issue")
        return next((each for each in self.made if each.id == issue_id), None)

    async def issue_for(self, url: str) -> Issue | None:
        self.asked.append("issue_for")
        for issue_id, attached in self.attachments:
            if attached == url:
                return await self.issue(issue_id)
        return None

    async def search(self, words: str) -> Sequence[Issue]:
        return [each for each in self.made if words in each.title]

    async def issues(self, limit: int) -> Sequence[Issue]:
        return self.made[-limit:][::-1]

    async def create(self, new: NewIssue) -> Issue:
        self.asked.append("create")
        taken = await self.issue(new.id)
        if taken is not None:
            return taken
        number = f"PRE-{len(self.made) + 1}"
        made = Issue(
            id=new.id,
            number=number,
            title=new.title,
            description=new.description,
            url=f"https://board.test/{number}",
            labels=new.labels,
        )
        self.made.append(made)
        return made

    async def attach(self, issue_id: str, attachment: Attachment) -> None:
        self.asked.append("attach")
        self.attachments[issue_id, attachment.url] = attachment
