"""The looks of what Prela shows as HTML: one set of colours for light, one for dark."""

from __future__ import annotations

from prela_core.html.markup import Markup, tag

__all__ = ["styled"]

_LIGHT = """\
color-scheme:light;--bg:#fff;--ink:#1d2330;--dim:#667085;--line:#e4e7ec;--soft:#f5f6f9;
--good:#15803d;--bad:#c8191f;--warn:#a15c07;--bad-soft:#fdf0ef;--focus:#2563eb;--mark:#ffe9a8;
--agent:#7c3aed;--llm:#2f6fed;--tool:#c2690a;--retrieval:#15914a;--embedding:#0e8a80;
--chain:#a03ec7;--reranker:#5c8a14;--guardrail:#0b83a5;--evaluator:#cc2f7b;--custom:#788296;"""

_DARK = """\
color-scheme:dark;--bg:#14171f;--ink:#e4e7ee;--dim:#98a1b3;--line:#2b303c;--soft:#1d212b;
--good:#4cc27a;--bad:#ff7b78;--warn:#e5ae4f;--bad-soft:#361d20;--focus:#7aa7ff;--mark:#5b4a12;
--agent:#ab8bff;--llm:#6fa1ff;--tool:#f0a14a;--retrieval:#4cc27a;--embedding:#3fc1b5;
--chain:#d38bf0;--reranker:#a4cc5a;--guardrail:#46bede;--evaluator:#f27fb4;--custom:#8d97aa;"""

_LIGHT_PAGES = (
    '[data-jp-theme-light="true"] .prela,.vscode-light .prela,[data-theme="light"] .prela'
)
_DARK_PAGES = '[data-jp-theme-light="false"] .prela,.vscode-dark .prela,[data-theme="dark"] .prela'

_SHARED = f"""\
.prela{{{_LIGHT}}}
@media (prefers-color-scheme:dark){{.prela{{{_DARK}}}}}
{_LIGHT_PAGES}{{{_LIGHT}}}
{_DARK_PAGES}{{{_DARK}}}
.prela{{background:var(--bg);color:var(--ink);line-height:1.45;text-align:left;max-width:100%;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-size:13px}}
.prela *{{box-sizing:border-box}}
.prela .good{{color:var(--good)}}.prela .bad{{color:var(--bad)}}.prela .warn{{color:var(--warn)}}
.prela .dim{{color:var(--dim)}}
.prela code,.prela pre{{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
font-size:12px;color:inherit;background:none}}
.prela .note{{color:var(--dim);margin:6px 2px 2px}}
"""


def styled(sheet: str, content: Markup) -> Markup:
    """Put `content` into a block with its looks: the shared ones and those of `sheet`.

    The colours follow the page around it where that says whether it is dark (Jupyter, VS Code,
    Sphinx), or else the system. The block's class is named twice in each rule, so that ours
    outrank what a notebook says of every list and table in it.
    """
    rules = (_SHARED + sheet).replace(".prela ", ".prela.prela ")
    style = tag("style", Markup(rules))
    return tag("div", style + content, class_="prela")
