"""A report as one HTML page that needs nothing else: no scripts, no fonts, no files."""

from __future__ import annotations

from html import escape

from prela_agents.model import Report, Section, Sentence
from prela_agents.reports.citing import is_link, numbered, said_of
from prela_agents.reports.wording import span

__all__ = ["as_html"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What may run or be loaded, should a quote ever get past the escaping: nothing."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --dim: #5b6675; --line: #dfe4ea;
  --paper: #ffffff; --link: #1d4ed8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --dim: #98a3b3; --line: #303845;
  --paper: #12161c; --link: #8ab4ff; } }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem 4rem; }
.when { color: var(--dim); margin: 0; font-size: .875rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: .25rem 0 2rem; }
h2 { font-size: 1.125rem; margin: 2.5rem 0 .75rem; padding-top: 1.25rem;
  border-top: 1px solid var(--line); }
ul { padding-left: 1.1rem; margin: 0; } li, p { margin: 0 0 .5rem; }
li::marker { color: var(--dim); }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
sup { font-size: .7em; line-height: 0; margin-left: .15em; }
figure { margin: 1.25rem 0; } figure svg { display: block; width: 100%; height: auto; }
figcaption { color: var(--dim); font-size: .8125rem; margin-top: .4rem; }
.sources { font-size: .8125rem; color: var(--dim); overflow-wrap: anywhere; padding-left: 2rem; }
.sources li { margin: 0 0 .2rem; } :target { background: rgba(250, 204, 21, .25); }
@media print { main { max-width: none; padding: 0; } }
"""


def as_html(report: Report) -> str:
    """Give `report` as a page, its plots within."""
    numbers = numbered(report)
    title = escape(report.title)
    when = f"{report.agent.capitalize()} · {span(report.since, report.until)}"
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        f'<p class="when">{escape(when)}</p>',
        f"<h1>{title}</h1>",
        *[line for section in report.sections for line in _section(section, numbers)],
    ]
    if numbers:
        parts += ["<section>", "<h2>Sources</h2>", '<ol class="sources">']
        parts += [
            f'<li id="source-{number}">{_source(source)}</li>' for source, number in numbers.items()
        ]
        parts += ["</ol>", "</section>"]
    parts += ["</main>", "</body>", "</html>"]
    return "\n".join(parts) + "\n"


def _section(section: Section, numbers: dict[str, int]) -> list[str]:
    said = [_sentence(sentence, numbers) for sentence in section.sentences]
    if len(said) > 1:
        said = ["<ul>", *[f"<li>{each}</li>" for each in said], "</ul>"]
    else:
        said = [f"<p>{each}</p>" for each in said]
    drawn = [
        f"<figure>\n{figure.svg}\n<figcaption>{escape(figure.caption)}</figcaption>\n</figure>"
        for figure in section.figures
    ]
    return ["<section>", f"<h2>{escape(section.heading)}</h2>", *said, *drawn, "</section>"]


def _sentence(sentence: Sentence, numbers: dict[str, int]) -> str:
    cited = ", ".join(
        f'<a href="#source-{numbers[source]}">{numbers[source]}</a>'
        for source in sentence.sources
        if source
    )
    return f"{escape(sentence.text)}<sup>{cited}</sup>"


def _source(source: str) -> str:
    if not is_link(source):
        return escape(said_of(source))
    return f'<a href="{escape(source)}" rel="nofollow noopener noreferrer">{escape(source)}</a>'
