"""Pages of texts that wait for somebody: drafts, issues, questions without an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import attrs
from markdown_it import MarkdownIt

__all__ = ["Entry", "Group", "as_html", "as_markdown"]


@attrs.frozen(kw_only=True)
class Entry:
    """A text, what it is, and what it rests on: addresses, or passages of the docs.

    A `document` is Markdown to be read; other texts are shown letter by letter, as they would be
    sent.
    """

    heading: str
    text: str
    note: str = ""
    sources: Sequence[str] = ()
    document: bool = False


@attrs.frozen
class Group:
    """Entries of one sort; `nothing` is said where there are none."""

    heading: str
    entries: Sequence[Entry]
    nothing: str


def as_markdown(title: str, when: str, groups: Sequence[Group]) -> str:
    """Write a page as Markdown; texts stand in fences, documents are quoted."""
    lines = [f"# {title}", "", f"*{when}*", ""]
    for group in groups:
        lines += [f"## {group.heading}", ""]
        if not group.entries:
            lines += [group.nothing, ""]
        for each in group.entries:
            lines += list(_markdown(each))
    return "\n".join(lines).rstrip() + "\n"


def _markdown(entry: Entry) -> Iterator[str]:
    yield f"### {entry.heading.replace('`', '')}"
    yield ""
    if entry.note:
        yield f"{entry.note}"
        yield ""
    if entry.document:
        yield from (f"> {line}".rstrip() for line in entry.text.rstrip().splitlines())
    else:
        yield from ("~~~~text", entry.text.rstrip(), "~~~~")
    yield ""
    if entry.sources:
        yield "Rests on " + ", ".join(map(_linked, entry.sources))
        yield ""


def _linked(source: str) -> str:
    return f"<{source}>" if source.startswith("https://") else f"`{source}`"


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --dim: #5b6675; --line: #dfe4ea;
  --paper: #fff; --card: #f6f8fa; --link: #1d4ed8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --dim: #98a3b3; --line: #303845;
  --paper: #12161c; --card: #1a2029; --link: #8ab4ff; } }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: .25rem 0 2rem; }
h2 { font-size: 1.125rem; margin: 2.5rem 0 .75rem; padding-top: 1.25rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.75rem 0 .25rem; }
p { margin: 0 0 .5rem; } .dim { color: var(--dim); font-size: .875rem; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--card);
  border-left: 3px solid var(--line); border-radius: 4px; padding: .75rem 1rem; margin: .5rem 0; }
.document { border: 1px solid var(--line); border-radius: 6px; padding: .25rem 1.25rem .75rem;
  margin: .5rem 0; } .document h1 { font-size: 1.125rem; margin: .75rem 0; }
.document h2 { font-size: .9375rem; border: 0; margin: 1rem 0 .25rem; padding: 0; }
.document ol, .document ul { padding-left: 1.25rem; margin: 0 0 .5rem; }
.document blockquote { margin: .5rem 0; padding-left: .75rem; color: var(--dim);
  border-left: 3px solid var(--line); }
a { color: var(--link); text-decoration: none; overflow-wrap: anywhere; }
"""


def as_html(title: str, when: str, groups: Sequence[Group]) -> str:
    """Write the same as a page of HTML."""
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        '<head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style></head>",
        f'<body><main><p class="dim">{escape(when)}</p>',
        f"<h1>{escape(title)}</h1>",
    ]
    for group in groups:
        parts.append(f"<h2>{escape(group.heading)}</h2>")
        if not group.entries:
            parts.append(f"<p>{escape(group.nothing)}</p>")
        for each in group.entries:
            parts += list(_html(each))
    parts.append("</main></body></html>")
    return "\n".join(parts) + "\n"


def _html(entry: Entry) -> Iterator[str]:
    yield f"<h3>{escape(entry.heading)}</h3>"
    if entry.note:
        yield f'<p class="dim">{escape(entry.note)}</p>'
    if entry.document:
        yield f'<div class="document">\n{_MARKDOWN.render(entry.text)}</div>'
    else:
        yield f'<div class="text">{escape(entry.text.rstrip())}</div>'
    if entry.sources:
        links = ", ".join(
            f'<a href="{escape(each)}">{escape(each)}</a>'
            if each.startswith("https://")
            else f"<code>{escape(each)}</code>"
            for each in entry.sources
        )
        yield f'<p class="dim">Rests on {links}</p>'
