"""Reports as people read them: Markdown, HTML, and plots as SVG.

What a report says may quote strangers: it is escaped wherever it goes, and only addresses of the
web become links.
"""

from __future__ import annotations

from prela_agents.reports.html import as_html
from prela_agents.reports.markdown import as_markdown
from prela_agents.reports.weeks import Week
from prela_agents.reports.wording import counted, day, listed, number, percent, quoted, span, tally

__all__ = [
    "Week",
    "as_html",
    "as_markdown",
    "counted",
    "day",
    "listed",
    "number",
    "percent",
    "quoted",
    "span",
    "tally",
]
