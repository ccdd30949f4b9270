"""What platforms' rules and ours forbid, as code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prela_agents.model import Draft, DraftKind, Platform
from prela_agents.ports import Policy
from prela_agents.weighing import MOST_ON_X, weight_on_x

__all__ = [
    "POLICIES",
    "FitsThePlatform",
    "HackerNewsIsForPeople",
    "RedditNeedsAPlace",
    "XRepliesWhereItIsAddressed",
]

_STAYS_HERE = (DraftKind.FACT_SHEET, DraftKind.DOCUMENT)
_PUBLISHED_TO = (Platform.REDDIT, Platform.X, Platform.DISCORD)
_LONGEST: Mapping[tuple[Platform, DraftKind], int] = {
    (Platform.X, DraftKind.POST): MOST_ON_X,
    (Platform.X, DraftKind.REPLY): MOST_ON_X,
    (Platform.X, DraftKind.THREAD): MOST_ON_X,
    (Platform.DISCORD, DraftKind.NOTE): 2000,
    (Platform.DISCORD, DraftKind.POST): 2000,
    (Platform.DISCORD, DraftKind.REPLY): 2000,
    (Platform.REDDIT, DraftKind.POST): 40_000,
    (Platform.REDDIT, DraftKind.REPLY): 10_000,
}
"""Characters of one post, as the platform counts; a kind that is not here can't be published."""

_REDDIT_TITLE = 300


class HackerNewsIsForPeople:
    """Hacker News bans generated and AI-edited comments: fact sheets only, which stay here."""

    def objection(self, draft: Draft) -> str | None:
        """Object to whatever would be published there."""
        if draft.platform is Platform.HACKERNEWS and draft.kind not in _STAYS_HERE:
            return "Hacker News bans generated texts; write this one yourself, on the site"
        return None


class XRepliesWhereItIsAddressed:
    """X lets an API reply only to posts that mention or quote its account."""

    def objection(self, draft: Draft) -> str | None:
        """Object to a reply to anything else."""
        answers = draft.kind is DraftKind.REPLY or draft.reply_to is not None
        if draft.platform is Platform.X and answers and not draft.addresses_us:
            return "X allows replies only to posts that mention or quote our account"
        return None


class RedditNeedsAPlace:
    """A post on Reddit has a subreddit and a title, a reply something that it answers."""

    def objection(self, draft: Draft) -> str | None:
        """Object to a draft that lacks them."""
        if draft.platform is not Platform.REDDIT or draft.kind in _STAYS_HERE:
            return None
        if draft.kind is DraftKind.REPLY:
            return None if draft.reply_to else "it does not say what it answers"
        if not draft.where or not draft.title:
            return "a post on Reddit needs a subreddit and a title"
        if len(draft.title) > _REDDIT_TITLE:
            return f"its title has more than {_REDDIT_TITLE} characters"
        return None


class FitsThePlatform:
    """What is published has a publisher, words, and no more of them than the platform takes."""

    def objection(self, draft: Draft) -> str | None:
        """Object to what can't be published as it is."""
        if draft.kind in _STAYS_HERE:
            return None
        longest = _LONGEST.get((draft.platform, draft.kind))
        if draft.platform not in _PUBLISHED_TO or longest is None:
            return f"nothing publishes a {draft.kind} to {draft.platform}"
        if len(draft.parts) != 1 and draft.kind is not DraftKind.THREAD:
            return f"a {draft.kind} is one post, and this one has {len(draft.parts)}"
        for number, part in enumerate(draft.parts, 1):
            if not part.strip():
                return f"part {number} is empty"
            length = weight_on_x(part) if draft.platform is Platform.X else len(part)
            if length > longest:
                return f"part {number} has {length} characters, and {longest} are allowed"
        return None if draft.parts else "it is empty"


POLICIES: Sequence[Policy] = (
    HackerNewsIsForPeople(),
    XRepliesWhereItIsAddressed(),
    RedditNeedsAPlace(),
    FitsThePlatform(),
)
"""Those that always hold."""
