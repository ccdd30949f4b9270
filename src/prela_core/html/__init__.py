"""What was traced, as HTML that needs nothing else: no network, no scripts."""

from __future__ import annotations

from prela_core.html.waterfall import trace_html, trace_page

__all__ = ["trace_html", "trace_page"]
