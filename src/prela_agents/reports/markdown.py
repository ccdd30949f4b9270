"""A report as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prela_agents.model import Report, Section
from prela_agents.reports.sources import Sources

__all__ = ["as_markdown"]

_MARKS = re.compile(r"([\\`*_\[\]<>|#])")
_UNSAFE_IN_ADDRESSES = re.compile(r"[\s<>()\\]")


def as_markdown(report: Report, *, figures: str = "") -> str:
    """Write the report; each sentence ends with the numbers of its sources, which are listed last.

    Figures are links to `figures` and their name, such as `week/stars.svg`; without a folder, only
    their captions are written. Texts of others are escaped: they can make no markup.
    """
    sources = Sources(report)
    lines = [f"# {_text(report.title)}", "", f"*{_span(report)}*", ""]
    for section in report.sections:
        lines += _section(section, sources, figures)
    lines += ["## Sources", ""]
    lines += [f"{number}. {_source(source)}" for number, source in sources.all()]
    return "\n".join(lines).rstrip() + "\n"


def _section(section: Section, sources: Sources, figures: str) -> Iterator[str]:
    yield f"## {_text(section.heading)}"
    yield ""
    for sentence in section.sentences:
        marks = "".join(f"[{number}]" for number in sources.of(sentence.sources))
        yield f"- {_text(sentence.text)} {marks}"
    if section.sentences:
        yield ""
    for figure in section.figures:
        if figures:
            yield f"![{_text(figure.caption)}]({figures}/{figure.name}.svg)"
            yield ""
        yield f"*{_text(figure.caption)}*"
        yield ""


def _span(report: Report) -> str:
    return f"{report.since:%Y-%m-%d} to {report.until:%Y-%m-%d}, by {_text(report.agent)}"


def _source(source: str) -> str:
    if not Sources.is_address(source):
        return f"`{source.replace('`', ' ')}`"
    address = _UNSAFE_IN_ADDRESSES.sub(lambda found: f"%{ord(found[0]):02X}", source)
    return f"<{address}>"


def _text(text: str) -> str:
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
