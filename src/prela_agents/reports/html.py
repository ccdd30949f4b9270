"""A report as a page that needs nothing else: no network, no scripts."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from prela_agents.model import Report, Section
from prela_agents.reports.sources import Sources

__all__ = ["as_html"]

_STYLE = """\
:root { color-scheme: light dark; --ink: #1d232b; --dim: #5b6673; --line: #d9dee4; --paper: #fff;
  --accent: #2457c5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --dim: #98a3b0; --line: #333b45;
  --paper: #14181d; --accent: #8fb2ff; } figure svg { background: #fff; border-radius: 6px; } }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 46rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; text-wrap: balance; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
.span, figcaption, .sources { color: var(--dim); font-size: .875rem; }
ul { padding-left: 1.1rem; } li { margin: .3rem 0; }
sup a { color: var(--accent); text-decoration: none; padding: 0 .1em; }
figure { margin: 1.25rem 0; } figure svg { max-width: 100%; height: auto; display: block; }
.sources { border-top: 1px solid var(--line); margin-top: 3rem; padding-top: .5rem; }
.sources li { overflow-wrap: anywhere; } .sources a { color: inherit; }
:target { outline: 2px solid var(--accent); outline-offset: 3px; }
"""


def as_html(report: Report) -> str:
    """Write the report, with its figures inside; numbers lead to the sources, which are last.

    Texts of others are escaped; only http and https can be followed. The SVG of figures is taken as
    it is: it is drawn here, out of numbers.
    """
    sources = Sources(report)
    title = escape(report.title)
    listed = "".join(
        f'<li id="source-{number}">{_source(source)}</li>' for number, source in sources.all()
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">"
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>{title}</h1><p class="span">{report.since:%d %B} to {report.until:%d %B %Y}, '
        f"by {escape(report.agent)}</p>"
        f"{''.join(_section(each, sources) for each in report.sections)}"
        f'<section class="sources"><h2>Sources</h2><ol>{listed}</ol></section>'
        "</main></body></html>\n"
    )


def _section(section: Section, sources: Sources) -> str:
    return (
        f"<section><h2>{escape(section.heading)}</h2>{''.join(_parts(section, sources))}</section>"
    )


def _parts(section: Section, sources: Sources) -> Iterator[str]:
    if section.sentences:
        yield "<ul>"
        for sentence in section.sentences:
            marks = " ".join(
                f'<a href="#source-{number}">{number}</a>'
                for number in sources.of(sentence.sources)
            )
            yield f"<li>{escape(sentence.text)} <sup>{marks}</sup></li>"
        yield "</ul>"
    for figure in section.figures:
        caption = escape(figure.caption)
        yield f'<figure role="img" aria-label="{caption}">{figure.svg}'
        yield f"<figcaption>{caption}</figcaption></figure>"


def _source(source: str) -> str:
    shown = escape(source)
    if not Sources.is_address(source):
        return f"<code>{shown}</code>"
    return f'<a href="{shown}" rel="noopener noreferrer">{shown}</a>'
