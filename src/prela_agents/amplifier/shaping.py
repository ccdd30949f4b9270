"""The same words in the forms of places: a thread, a post, a note, a sheet of facts, a story."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

import attrs

from prela_agents.amplifier.topics import Topic
from prela_agents.amplifier.writing import Written
from prela_agents.index.cutting import paragraphs
from prela_agents.model import Draft, DraftKind, Platform, Profile
from prela_agents.weighing import for_x, shortened_for_x

__all__ = ["document", "drafts_of"]

_TWEETS, _NOTE, _REDDIT_TITLE = 6, 2_000, 300
_CODE_LEAST, _CODE_LINES = 4, 25
"""With its fences; less is a command to install."""
_BY_HAND = (
    "Write this yourself. Hacker News bans generated and AI-edited texts; below are facts and "
    "where each of them stands, not a text to post."
)


def drafts_of(topic: Topic, written: Written, profile: Profile, now: datetime) -> Iterator[Draft]:
    """Give a draft for each place that the settings name, and those that go nowhere.

    Where they go comes from the settings alone.
    """
    # What the opening says already need not be said again below it.
    points = tuple(each for each in written.points if each != written.hook)
    written = attrs.evolve(written, points=points)
    common = _Common(topic, written, now)
    yield common.draft(Platform.X, DraftKind.THREAD, tuple(_thread(topic, written)))
    if profile.announce_subreddit:
        yield common.draft(
            Platform.REDDIT,
            DraftKind.POST,
            (_post(topic, written),),
            where=profile.announce_subreddit,
            title=written.title[:_REDDIT_TITLE],
        )
    if profile.announce_channel:
        yield common.draft(
            Platform.DISCORD,
            DraftKind.NOTE,
            (_note(topic, written),),
            where=profile.announce_channel,
        )
    yield common.draft(Platform.HACKERNEWS, DraftKind.FACT_SHEET, (_sheet(topic, written),))
    if not topic.is_release:
        yield common.draft(
            Platform.WEB, DraftKind.DOCUMENT, (_story(topic, written),), title=written.title
        )


def document(about: str, title: str, text: str, now: datetime, note: str = "") -> Draft:
    """Give a page that is read here: a battle card, or the positioning page."""
    return Draft(
        id=_id(about, DraftKind.DOCUMENT),
        agent="amplifier",
        platform=Platform.WEB,
        kind=DraftKind.DOCUMENT,
        about=about,
        parts=(text,),
        created_at=now,
        title=title,
        note=note,
    )


@attrs.frozen
class _Common:
    topic: Topic
    written: Written
    now: datetime

    def draft(
        self,
        platform: Platform,
        kind: DraftKind,
        parts: tuple[str, ...],
        *,
        where: str = "",
        title: str = "",
    ) -> Draft:
        about = f"{self.topic.about}/{platform}"
        notes = [f"Out of {self.topic.address}, written by {self.written.judge}."]
        notes += [f"Not let through: {each[:200]}" for each in self.written.dropped]
        return Draft(
            id=_id(about, kind),
            agent="amplifier",
            platform=platform,
            kind=kind,
            about=about,
            parts=parts,
            created_at=self.now,
            where=where,
            title=title,
            quotes=self.written.quotes,
            sources=(self.topic.address,),
            note="\n".join(notes),
        )


def _id(about: str, kind: DraftKind) -> str:
    return hashlib.sha256(f"amplifier\n{about}\n{kind}".encode()).hexdigest()[:32]


def _thread(topic: Topic, written: Written) -> Iterator[str]:
    yield shortened_for_x(for_x(f"{written.title}\n\n{written.hook}".strip()))
    for point in written.points[: _TWEETS - 2]:
        yield shortened_for_x(for_x(point))
    yield f"All of it: {topic.address}"


def _post(topic: Topic, written: Written) -> str:
    points = "\n".join(f"- {each}" for each in written.points)
    where = "Release notes" if topic.is_release else "Docs"
    blocks = [written.hook, points, _code(topic), f"{where}: {topic.address}", _WHO]
    return "\n\n".join(each for each in blocks if each)


_WHO = "(I work on this. Questions and complaints are welcome.)"


def _note(topic: Topic, written: Written) -> str:
    points = list(written.points)
    while True:
        lines = "\n".join(f"- {each}" for each in points)
        blocks = [f"**{written.title}**", written.hook, lines, f"<{topic.address}>"]
        text = "\n\n".join(each for each in blocks if each)
        if len(text) <= _NOTE or not points:
            return text[:_NOTE]
        points.pop()


def _sheet(topic: Topic, written: Written) -> str:
    facts = "\n".join(f"- {each}" for each in (written.hook, *written.points) if each)
    quotes = "\n".join(
        f"- {each.passage_id}: “{' '.join(each.text.split())}”" for each in written.quotes
    )
    return (
        f"{_BY_HAND}\n\n{topic.headline}: {topic.address}\n\nFacts\n\n{facts}\n\n"
        f"Where they stand\n\n{quotes}"
    )


def _story(topic: Topic, written: Written) -> str:
    """Tell it as somebody's way: what for, what is done, how it looks, where to read on."""
    done = "\n".join(f"{number}. {each}" for number, each in enumerate(written.points, start=1))
    quotes = "\n>\n".join(
        "> " + "\n> ".join(each.text.strip().splitlines()) for each in written.quotes[:2]
    )
    blocks = [
        f"# {written.title}",
        f"## What for\n\n{written.hook}" if written.hook else "",
        f"## What is done\n\n{done}" if done else "",
        f"## How it looks\n\n{code}" if (code := _code(topic)) else "",
        f"## In the docs' words\n\n{quotes}",
        f"Read on: {topic.address}",
    ]
    return "\n\n".join(each for each in blocks if each) + "\n"


def _code(topic: Topic) -> str:
    """Give the first short block of code, as it stands in the docs."""
    for passage in topic.passages:
        for block in paragraphs(passage.text):
            lines = block.splitlines()
            if lines[0].startswith("```") and _CODE_LEAST <= len(lines) <= _CODE_LINES:
                return block
    return ""
