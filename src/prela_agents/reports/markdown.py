"""A report as Markdown."""

from __future__ import annotations

import re

from prela_agents.model import Figure, Report, Section
from prela_agents.reports.citing import is_link, numbered, said_of
from prela_agents.reports.wording import span

__all__ = ["as_markdown"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&])")
_AT_START = re.compile(r"^(\d+)([.)])|^([-+=])")


def as_markdown(report: Report, *, figures: str | None = None) -> str:
    """Give `report` as Markdown.

    With `figures`, plots are images there, named `<name>.svg`; without, their captions stand for
    them.
    """
    numbers = numbered(report)
    lines = [f"# {_escaped(report.title)}", "", f"*{span(report.since, report.until)}*", ""]
    for section in report.sections:
        lines += _section(section, numbers, figures)
    if numbers:
        lines += ["## Sources", ""]
        lines += [f"{number}. {_source(source)}" for source, number in numbers.items()]
    return "\n".join(lines).rstrip() + "\n"


def _section(section: Section, numbers: dict[str, int], figures: str | None) -> list[str]:
    lines = [f"## {_escaped(section.heading)}", ""]
    bullet = "- " if len(section.sentences) > 1 else ""
    for sentence in section.sentences:
        cited = ", ".join(_cited(source, numbers[source]) for source in sentence.sources if source)
        lines.append(f"{bullet}{_escaped(sentence.text)} ({cited})")
    if section.sentences:
        lines.append("")
    for figure in section.figures:
        lines += [_figure(figure, figures), ""]
    return lines


def _cited(source: str, number: int) -> str:
    return f"[{number}]({_address(source)})" if is_link(source) else f"{number}"


def _source(source: str) -> str:
    return f"<{_address(source)}>" if is_link(source) else _escaped(said_of(source))


def _address(url: str) -> str:
    """Give an address that can't end its link early."""
    for sign in "()<>\\`\"'":
        url = url.replace(sign, f"%{ord(sign):02X}")
    return url


def _figure(figure: Figure, figures: str | None) -> str:
    caption = _escaped(figure.caption)
    if figures is None:
        return f"*{caption}*"
    return f"![{caption}]({figures}{figure.name}.svg)"


def _escaped(text: str) -> str:
    flat = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return _AT_START.sub(_not_a_list, flat)


def _not_a_list(found: re.Match[str]) -> str:
    return rf"{found[1]}\{found[2]}" if found[1] else rf"\{found[3]}"
