"""Reports as people read them: Markdown and HTML, every sentence with its source."""

from __future__ import annotations

from prela_agents.reports.html import as_html
from prela_agents.reports.markdown import as_markdown
from prela_agents.reports.sources import Sources

__all__ = ["Sources", "as_html", "as_markdown"]
