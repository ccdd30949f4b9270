"""Reports that are one, and those that only look so: what a judge says, and what a run does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence

import attrs

from prela_agents.eval.golden import GoldenIssue, GoldenPair
from prela_agents.eval.isolation import Board
from prela_agents.model import Issue, Request, Response
from prela_agents.ports import Embedder
from prela_agents.scout.filing import Candidate, Candidates, resolve, same_of

__all__ = ["Ask", "Told", "named", "tell"]

Ask = Callable[[Request], Awaitable[Response]]


@attrs.frozen
class Told:
    """Of a pair: whether it is one, whether the judge took it for one, and a run merged it."""

    duplicate: bool
    taken_for_one: bool
    merged: bool


async def tell(pair: GoldenPair, ask: Ask) -> Told:
    """Resolve the first report of a pair with the second one as the issue that is there."""
    answers: list[Response] = []

    async def heard(request: Request) -> Response:
        answers.append(await ask(request))
        return answers[-1]

    found = await resolve(_words(pair.a), [Candidate(_issue(pair.b), 1.0)], heard)
    merged = found.same is not None
    return Told(pair.duplicate, merged or any(map(same_of, answers)), merged)


async def named(pairs: Sequence[GoldenPair], ask: Ask, embedder: Embedder) -> list[bool]:
    """Say of the first report of each duplicate whether one that it is was named.

    It is filed where all other issues of `pairs` are, up to three are named, and one that is
    attached to counts as named.
    """
    kept = _Remembering(embedder)
    issues = {each.id: each for pair in pairs for each in (_issue(pair.a), _issue(pair.b))}
    found = []
    for pair in pairs:
        if not pair.duplicate:
            continue
        report = _issue(pair.a)
        twins = set(_twins(report, pairs))
        others = _Shelf([each for each in issues.values() if each.id != report.id])
        candidates = await Candidates(others, tuple, kept).of(*_words(pair.a))
        resolved = await resolve(_words(pair.a), candidates, ask)
        said = (resolved.same, *resolved.perhaps)
        found.append(any(each is not None and each.id in twins for each in said))
    return found


def _twins(report: Issue, pairs: Sequence[GoldenPair]) -> Iterator[str]:
    for pair in pairs:
        ids = (_issue(pair.a).id, _issue(pair.b).id)
        if pair.duplicate and report.id in ids:
            yield from (each for each in ids if each != report.id)


def _words(golden: GoldenIssue) -> tuple[str, str]:
    return golden.title, golden.body


def _issue(golden: GoldenIssue) -> Issue:
    """Give it as a tracker has it; the same words are the same issue."""
    return Issue(
        id="\n".join(_words(golden)),
        number="",
        title=golden.title,
        description=golden.body,
        url="",
    )


class _Shelf(Board):
    """A tracker in which all has changed lately, and whose own search finds nothing."""

    async def issues(self, limit: int) -> Sequence[Issue]:
        del limit
        return self.kept

    async def search(self, words: str) -> Sequence[Issue]:
        del words
        return []


class _Remembering:
    """An embedder that embeds each text once."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._vectors: dict[str, Sequence[float]] = {}

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        new = [each for each in dict.fromkeys(texts) if each not in self._vectors]
        self._vectors.update(zip(new, self._inner.embed(new) if new else (), strict=True))
        return [self._vectors[each] for each in texts]
