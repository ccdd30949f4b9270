"""The report of a week."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import attrs

from prela_agents.model import (
    Change,
    ChangeKind,
    Failure,
    Mention,
    Product,
    Profile,
    Report,
    Section,
    Sentence,
    Sentiment,
)
from prela_agents.reports import Week, counted, day, listed, quoted
from prela_agents.sentinel.aspects import ASPECTS
from prela_agents.sentinel.drawing import changes_drawn, feelings_drawn

__all__ = ["AGENT", "Seen", "report_of"]

AGENT = "sentinel"
_MOST = 12
"""Changes of a product that are told one by one; the others are counted."""

_UNREAD = "Could not be read"
_NUMBER = re.compile(r"[0-9]{1,18}")
"""A tag may hold digits that are no number, such as a small 2."""

_LABELS = {
    ChangeKind.SECURITY: "Security",
    ChangeKind.BREAKING: "Breaking",
    ChangeKind.PRICING: "Price",
    ChangeKind.LICENSE: "Licence",
    ChangeKind.POSITIONING: "Message",
    ChangeKind.FEATURE: "New",
    ChangeKind.INTEGRATION: "Integration",
    ChangeKind.PERFORMANCE: "Performance",
    ChangeKind.DEPRECATION: "Deprecated",
    ChangeKind.FIX: "Fixed",
    ChangeKind.OTHER: "Other",
}
"""What kinds are called, the weightiest first."""
_WEIGHT = {kind: place for place, kind in enumerate(_LABELS)}


@attrs.frozen
class Seen:
    """What was seen in a week."""

    changes: Sequence[Change]
    mentions: Sequence[Mention]


def report_of(
    week: Week,
    now: datetime,
    profile: Profile,
    seen: Seen,
    *,
    failed: Sequence[Failure] = (),
    earlier: Report | None = None,
) -> Report | None:
    """Write the report of `week` as of `now`; None where nothing was seen and nothing failed.

    `earlier` is the one that there is already: what could not be read once stays said.
    """
    rivals = [each.name for each in profile.competitors]
    changes = [each for each in seen.changes if each.product in rivals]
    mentions = [each for each in seen.mentions if each.product in rivals]
    unread = _unread(failed, now, earlier)
    if not (changes or mentions or unread.sentences):
        return None
    sections = [
        _in_short(week, profile, changes, mentions),
        *[_did(each, changes) for each in profile.competitors],
        *[_heard(each, mentions) for each in profile.competitors],
        unread,
    ]
    return Report(
        id=f"{AGENT}-{week.name}",
        agent=AGENT,
        title=f"What the competitors did, week {week.name[-2:]}"
        + ("" if now >= week.until else " so far"),
        since=week.since,
        until=week.until,
        sections=tuple(each for each in sections if each.sentences),
    )


def _in_short(
    week: Week, profile: Profile, changes: Sequence[Change], mentions: Sequence[Mention]
) -> Section:
    drawn = changes_drawn(changes, [each.name for each in profile.competitors])
    said = [_summed(each, week, changes, mentions) for each in profile.competitors]
    return Section("In short", tuple(said), (drawn,) if drawn is not None else ())


def _summed(
    product: Product, week: Week, changes: Sequence[Change], mentions: Sequence[Mention]
) -> Sentence:
    theirs = [each for each in changes if each.product == product.name]
    versions = sorted({each.version for each in theirs if each.version}, key=_parts)
    others = [each for each in theirs if each.kind is not ChangeKind.RELEASE]
    heard = [each for each in mentions if each.product == product.name]
    did = []
    if versions:
        did.append(f"released {listed(versions)}")
    if others:
        did.append(f"made {counted(len(others), 'change')} that it tells of")
    text = f"{product.name} {listed(did) or 'told of no change'}"
    if heard:
        good = sum(each.sentiment is Sentiment.POSITIVE for each in heard)
        bad = sum(each.sentiment is Sentiment.NEGATIVE for each in heard)
        text += f"; {counted(len(heard), 'post')} spoke of it, {good} gladly and {bad} not"
    between = f"{week.since:%Y-%m-%d}..{week.until:%Y-%m-%d}"
    sources = [f"history:changes/{product.name}/{between}"]
    if heard:
        sources.append(f"history:mentions/{product.name}/{between}")
    return Sentence(f"{text}.", tuple(sources))


def _did(product: Product, changes: Sequence[Change]) -> Section:
    theirs = [each for each in changes if each.product == product.name]
    told = sorted(
        (each for each in theirs if each.kind is not ChangeKind.RELEASE),
        key=lambda each: (_WEIGHT[each.kind], each.at, each.summary),
    )
    sentences = [*_releases(product, theirs), *[_change(each) for each in told[:_MOST]]]
    if rest := told[_MOST:]:
        sources = _urls(rest)
        sentences.append(Sentence(f"There are {counted(len(rest), 'change')} more.", sources))
    return Section(f"What {product.name} did", tuple(sentences))


def _releases(product: Product, changes: Iterable[Change]) -> Iterator[Sentence]:
    first: dict[str, list[Change]] = {}
    for each in changes:
        if each.kind is ChangeKind.RELEASE:
            first.setdefault(each.version, []).append(each)
    for version in sorted(first, key=_parts):
        at = min(each.at for each in first[version])
        yield Sentence(f"{product.name} {version} came out on {day(at)}.", _urls(first[version]))


def _change(change: Change) -> Sentence:
    version = f" ({change.version})" if change.version else f" ({day(change.at)})"
    return Sentence(f"{_LABELS[change.kind]}{version}: {change.summary}", _urls([change]))


def _heard(product: Product, mentions: Sequence[Mention]) -> Section:
    theirs = [each for each in mentions if each.product == product.name]
    by_side: dict[str, list[Mention]] = {}
    for each in theirs:
        for aspect in each.aspects:
            by_side.setdefault(aspect.name, []).append(each)
    most = sorted(by_side, key=lambda name: (-len(by_side[name]), name))
    drawn = feelings_drawn(theirs, product.name)
    return Section(
        f"What users of {product.name} say",
        tuple(_side(name, by_side[name]) for name in most),
        (drawn,) if drawn is not None else (),
    )


def _side(name: str, mentions: Sequence[Mention]) -> Sentence:
    aspects = [aspect for each in mentions for aspect in each.aspects if aspect.name == name]
    counts = [
        f"{sum(each.sentiment is felt for each in aspects)} {word}"
        for felt, word in (
            (Sentiment.NEGATIVE, "unhappy"),
            (Sentiment.POSITIVE, "happy"),
            (Sentiment.MIXED, "of two minds"),
        )
        if any(each.sentiment is felt for each in aspects)
    ]
    shown = [quoted(each.quote, 160) for each in aspects[:2]]
    text = f"{ASPECTS[name]}: {listed(counts)}. {' '.join(shown)}"
    return Sentence(text, tuple(dict.fromkeys(each.item.url for each in mentions)))


def _unread(failed: Sequence[Failure], now: datetime, earlier: Report | None) -> Section:
    """Say what could not be read: silence there is no news of nothing."""
    said = {
        sentence.sources: sentence
        for section in (earlier.sections if earlier is not None else ())
        if section.heading == _UNREAD
        for sentence in section.sentences
    }
    for each in failed:
        address = _address(each.where)
        text = (
            f"{address} could not be read on {day(now)}, so something may be missing here: "
            f"{each.why.rstrip('.')}."
        )
        said[(address,)] = Sentence(text, (address,))
    return Section(_UNREAD, tuple(said.values()))


def _address(where: str) -> str:
    """Give the address that a source's name holds, or the name."""
    at = where.find("http")
    return where[at:] if at >= 0 else where


def _urls(changes: Sequence[Change]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.url for each in changes for item in each.evidence))


def _parts(version: str) -> tuple[tuple[int, str], ...]:
    """Order versions as people count: 2.10 after 2.9."""
    return tuple(
        (int(each), "") if _NUMBER.fullmatch(each) else (-1, each)
        for each in version.replace("-", ".").split(".")
    )
