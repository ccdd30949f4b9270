"""What is said on X about something, and whether it is still there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from prela_agents.errors import MalformedAnswerError, RefusedError
from prela_agents.http import Answer, Budget, Http
from prela_agents.model import Cursor, Item, ItemKind, Page, Platform
from prela_agents.platforms.decoding import decoded, in_utc
from prela_agents.platforms.walk import Walk
from prela_agents.platforms.x.tweets import FIELDS, Tweet, Tweets, words

__all__ = ["XRecheck", "XSearch"]

USD_PER_READ = 0.005
_EPOCH_MS = 1_288_834_974_657
"""X's ids hold the time since then, in their bits from the 22nd on."""
_KEPT = timedelta(days=6, hours=23)
"""The search goes back seven days, and refuses to be asked for more."""
_BAD_REQUEST = 400
_LONGEST_QUERY = 512


class XSearch:
    """Posts of the last seven days that a query finds.

    `account` is our own name there: posts that mention it, or quote it, may be replied to. What
    is read is charged to `budget`, and no more is asked for than it has room for.
    """

    platform = Platform.X

    def __init__(
        self,
        http: Http,
        query: str,
        *,
        account: str = "",
        budget: Budget | None = None,
        usd_per_read: float = USD_PER_READ,
        limit: int = 100,
    ) -> None:
        if len(query) > _LONGEST_QUERY:
            raise ValueError(f"X takes queries of {_LONGEST_QUERY} characters: {query!r}")
        self.name = f"x:search/{query}"
        self._http = http
        self._query = query
        self._account = account.lstrip("@").lower()
        self._budget = budget
        self._usd = usd_per_read
        self._limit = limit

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give posts since `cursor`, or of the last week."""
        walk = Walk.of(cursor, 0)
        oldest = self._http.clock.now() - _KEPT
        since = int(walk.since) if _at(int(walk.since)) > oldest else 0
        tweets = await self._read(since, walk.at)
        items = tuple(self._item(each, tweets) for each in tweets.data)
        newest = max((int(each.id) for each in tweets.data), default=None)
        onward = tweets.meta.next_token if tweets.meta is not None else None
        if not onward:
            return Page(items, walk.done(newest))
        return Page(items, walk.onward(newest, onward), more=True)

    async def _read(self, since: int, token: str) -> Tweets:
        now = self._http.clock.now()
        if self._budget is not None:
            self._budget.check(Platform.X, self._usd * self._limit, now)
        try:
            answer = await self._ask(since, token)
        except RefusedError as error:
            if not token or error.answered != _BAD_REQUEST:
                raise
            # A token of some days ago is none any more; from the start nothing is left out.
            answer = await self._ask(since, "")
        tweets = decoded(answer, Tweets)
        if tweets.meta is None:
            raise MalformedAnswerError(Platform.X, f"{answer.url} answered without its `meta`")
        if self._budget is not None:
            self._budget.charge(Platform.X, self._usd * len(tweets.data), now)
        return tweets

    async def _ask(self, since: int, token: str) -> Answer:
        return await self._http.get(
            "/tweets/search/recent",
            {
                "query": self._query,
                "max_results": self._limit,
                **FIELDS,
                **({"since_id": since} if since else {}),
                **({"next_token": token} if token else {}),
            },
            bucket="search",
        )

    def _item(self, tweet: Tweet, among: Tweets) -> Item:
        author = among.username(tweet.author_id)
        parent = tweet.refers("replied_to")
        return Item(
            platform=Platform.X,
            id=tweet.id,
            kind=ItemKind.POST if parent is None else ItemKind.COMMENT,
            url=f"https://x.com/{author or 'i'}/status/{tweet.id}",
            created_at=in_utc(tweet.created_at) if tweet.created_at else _at(int(tweet.id)),
            source=self.name,
            author=author,
            text=words(tweet),
            parent_id=parent,
            thread_id=tweet.conversation_id,
            points=tweet.public_metrics.get("like_count"),
            addresses_us=bool(self._account) and among.addresses(tweet, self._account),
        )


class XRecheck:
    """Says which posts were deleted, withheld, or are of accounts that are gone."""

    platform = Platform.X

    def __init__(self, http: Http) -> None:
        self._http = http

    async def gone(self, items: Sequence[Item]) -> frozenset[str]:
        """Look at the posts again, a hundred a call."""
        ids = [each.id for each in items]
        alive: set[str] = set()
        for start in range(0, len(ids), 100):
            asked = ids[start : start + 100]
            answer = await self._http.get("/tweets", {"ids": ",".join(asked)}, bucket="lookup")
            tweets = decoded(answer, Tweets)
            alive.update(each.id for each in tweets.data)
            told = alive | {each.resource_id for each in tweets.errors}
            if not told.issuperset(asked):
                raise MalformedAnswerError(Platform.X, f"{answer.url} is silent about some posts")
        return frozenset(ids) - alive


def _at(tweet_id: int) -> datetime:
    return datetime.fromtimestamp(((tweet_id >> 22) + _EPOCH_MS) / 1000, UTC)
