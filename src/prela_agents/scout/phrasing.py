"""An answer as a draft for the place where it was asked."""

from __future__ import annotations

import hashlib
from datetime import datetime

from prela_agents.model import Draft, DraftKind, Item, Mention, Passage, Platform, Profile, Quote
from prela_agents.quoting import inert
from prela_agents.reading import demands_of
from prela_agents.scout.answering import Answer, Library
from prela_agents.weighing import MOST_ON_X, for_x, shortened_for_x, start_for_x, weight_on_x

__all__ = ["reply_to"]

_DISCORD = 1_900
_REPLIES = frozenset({Platform.REDDIT, Platform.X, Platform.DISCORD})
_WRITE_IT = "Write this yourself: these are facts, not a text to post."


def reply_to(
    mention: Mention, answer: Answer, library: Library, profile: Profile, now: datetime
) -> Draft:
    """Give the draft that answers `mention`: it goes to where the item is, and nowhere else.

    Where the platform takes no reply of a program's, it is a sheet of facts for people.
    """
    item = mention.item
    may_reply = item.platform in _REPLIES and (item.platform is not Platform.X or item.addresses_us)
    kind = DraftKind.REPLY if may_reply else DraftKind.FACT_SHEET
    said = [
        (quote, passage)
        for quote in answer.quotes
        if (passage := library.passage(quote.passage_id)) is not None
    ]
    text = _long(answer, said, profile)
    if kind is DraftKind.FACT_SHEET:
        text = f"{_WRITE_IT}\n\nAsked at {item.url}\n\n{text}"
    elif item.platform is Platform.X:
        text = _short(answer, said, profile)
    elif item.platform is Platform.DISCORD and len(text) > _DISCORD:
        text = _long(answer, said[:1], profile)[:_DISCORD]
    return Draft(
        id=hashlib.sha256(f"scout\n{item.key}\n{kind}".encode()).hexdigest()[:32],
        agent="scout",
        platform=item.platform,
        kind=kind,
        about=item.key,
        parts=(text,),
        created_at=now,
        where=item.where,
        reply_to=item.id if kind is DraftKind.REPLY else None,
        addresses_us=item.addresses_us,
        quotes=answer.quotes,
        sources=(item.url,),
        note=_note(mention, answer),
    )


def _long(answer: Answer, said: list[tuple[Quote, Passage]], profile: Profile) -> str:
    blocks = [answer.text or "The docs say on this:"]
    for quote, passage in said:
        quoted = "\n".join(f"> {line}" for line in quote.text.strip().splitlines())
        blocks.append(f"{quoted}\n\n({passage.title}, {_address(passage, profile)})")
    return "\n\n".join([*blocks, f"From the {profile.us.name} team, out of the docs."])


def _short(answer: Answer, said: list[tuple[Quote, Passage]], profile: Profile) -> str:
    """Give the first quote, whole sentences of it, and where it stands; within a tweet."""
    quote, passage = said[0]
    address = _address(passage, profile)
    room = MOST_ON_X - weight_on_x(address) - 4
    flat = for_x(answer.text or " ".join(quote.text.split()))
    if weight_on_x(flat) > room:
        cut = start_for_x(flat, room)
        end = max(cut.rfind(". "), cut.rfind("; "))
        flat = cut[: end + 1] if end > room // 3 else shortened_for_x(flat, room)
    return f"“{flat}” {address}" if not answer.text else f"{flat} {address}"


def _address(passage: Passage, profile: Profile) -> str:
    anchor = f"#{passage.anchor}" if passage.anchor else ""
    return f"{profile.docs_url}{passage.path}{anchor}"


def _note(mention: Mention, answer: Answer) -> str:
    item: Item = mention.item
    asked = inert(" ".join(item.words.split()))[:600]
    judged = f"{mention.intent}, {mention.sentiment}, relevance {mention.relevance:.2f}"
    lines = [
        f"Asked: {asked}",
        f"At {item.url}",
        f"Read as {judged}, by {mention.judge}; answered by {answer.judge}.",
    ]
    lines += [f"Not let through: {inert(each)[:200]}" for each in answer.dropped]
    lines += [
        f"The post tells its reader: {inert(' '.join(each.split()))[:200]}"
        for each in demands_of(item.words)
    ]
    return "\n".join(lines)
