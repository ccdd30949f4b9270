"""The weekly outputs of the four agents, as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time

from examples.agents import entries
from examples.agents.entries import Entry, Group
from examples.agents.running import FIRST, Fortnight
from prela_agents.model import Draft, DraftKind, Intent, Mention, Report
from prela_agents.reports import Week, as_html, as_markdown, day, quoted, span

__all__ = ["WEB", "files"]

WEB = "https://web.example"
"""Where the stand-ins' pages seem to be: their port is another one each time."""

_KINDS = {
    DraftKind.REPLY: "Reply",
    DraftKind.POST: "Post",
    DraftKind.THREAD: "Thread",
    DraftKind.NOTE: "Note",
    DraftKind.FACT_SHEET: "Fact sheet",
    DraftKind.DOCUMENT: "Document",
}
_PLACES = {"x": "X", "hackernews": "Hacker News", "web": "our own pages"}


def files(fortnight: Fortnight) -> Mapping[str, str]:
    """Give the texts of all files, by their paths."""
    found: dict[str, str] = {}
    for week in _weeks():
        for agent in ("sentinel", "radar"):
            report = next(each for each in fortnight.reports if each.id == f"{agent}-{week.name}")
            found.update(_report(report, week))
        for agent, title, groups in (
            ("scout", "What Scout heard", _scout(fortnight, week)),
            ("amplifier", "What Amplifier drafted", _amplifier(fortnight, week)),
        ):
            said = (f"{title}, week {week.name[-2:]}", span(week.since, week.until), groups)
            found[f"{week.name}/{agent}.md"] = entries.as_markdown(*said)
            found[f"{week.name}/{agent}.html"] = entries.as_html(*said)
    return {path: text.replace(f"{fortnight.url}/web", WEB) for path, text in sorted(found.items())}


def _weeks() -> Sequence[Week]:
    first = Week.of(datetime.combine(FIRST, time(), UTC))
    return (first, Week(first.until))


def _report(report: Report, week: Week) -> Iterator[tuple[str, str]]:
    yield f"{week.name}/{report.agent}.md", as_markdown(report, figures="plots/")
    yield f"{week.name}/{report.agent}.html", as_html(report)
    for section in report.sections:
        for figure in section.figures:
            yield f"{week.name}/plots/{figure.name}.svg", figure.svg + "\n"


def _within(drafts: Iterable[Draft], agent: str, week: Week) -> list[Draft]:
    found = [
        each
        for each in drafts
        if each.agent == agent and week.since <= each.created_at < week.until
    ]
    return sorted(found, key=lambda each: (each.created_at.date(), each.about, each.platform))


def _draft(draft: Draft) -> Entry:
    place = _PLACES.get(draft.platform, draft.platform.capitalize())
    about = draft.title or draft.about
    passages = dict.fromkeys(
        each.passage_id for each in draft.quotes if not each.passage_id.startswith("https://")
    )
    text = "\n\n".join(draft.parts)
    if draft.kind is DraftKind.THREAD:
        text = "\n\n".join(f"{number}/ {part}" for number, part in enumerate(draft.parts, 1))
    return Entry(
        heading=f"{_KINDS[draft.kind]} for {place}: {about}",
        note=f"{day(draft.created_at)}. It waits for approval, and any edit asks for a new one."
        if draft.kind not in {DraftKind.FACT_SHEET, DraftKind.DOCUMENT}
        else f"{day(draft.created_at)}. Nothing can publish it.",
        text=text,
        sources=(*draft.sources, *passages),
        document=draft.kind is DraftKind.DOCUMENT,
    )


def _amplifier(fortnight: Fortnight, week: Week) -> Sequence[Group]:
    drafts = _within(fortnight.drafts, "amplifier", week)
    nothing = "None this week."
    return (
        Group(
            "Announcements",
            [_draft(each) for each in drafts if each.about.startswith("release:")],
            nothing,
        ),
        Group(
            "Out of the docs",
            [_draft(each) for each in drafts if each.about.startswith("docs:")],
            nothing,
        ),
        Group(
            "Battle cards and positioning",
            [
                _draft(each)
                for each in drafts
                if each.about.startswith(("battle_card:", "positioning"))
            ],
            nothing,
        ),
    )


def _scout(fortnight: Fortnight, week: Week) -> Sequence[Group]:
    heard = [each for each in fortnight.mentions if week.since <= each.item.created_at < week.until]
    drafts = _within(fortnight.drafts, "scout", week)
    answered = {each.about for each in drafts}
    open_questions = [
        _mention(each)
        for each in heard
        if each.intent is Intent.QUESTION and each.item.key not in answered
    ]
    urls = {each.item.url for each in heard}
    issues = [
        Entry(
            heading=f"PRE-{each.number}: {each.title}",
            note=f"Labelled {', '.join(each.labels)}.",
            text=each.description,
            sources=tuple(each.attachments),
        )
        for each in fortnight.issues
        if urls.intersection(each.attachments)
    ]
    others = [
        _mention(each)
        for each in heard
        if each.intent not in {Intent.QUESTION, Intent.BUG, Intent.FEATURE_REQUEST}
    ]
    return (
        Group("Answers that wait for approval", [_draft(each) for each in drafts], "None."),
        Group("Issues", issues, "None."),
        Group("Questions that the docs do not answer", open_questions, "None."),
        Group("What else was said", others, "Nothing."),
    )


def _mention(mention: Mention) -> Entry:
    item = mention.item
    place = _PLACES.get(item.platform, item.platform.capitalize())
    where = f"{place}, {item.where}" if item.where and not item.where.isdigit() else place
    return Entry(
        heading=f"{item.author} on {where}, {day(item.created_at)}",
        note=f"Read as {str(mention.intent).replace('_', ' ')}, {mention.sentiment}, by "
        f"{mention.judge}.",
        text=quoted(item.words, 600),
        sources=(item.url,),
    )
