"""The looks of a waterfall."""

from __future__ import annotations

__all__ = ["SHEET"]

_KINDS = (
    "agent",
    "llm",
    "tool",
    "retrieval",
    "embedding",
    "chain",
    "reranker",
    "guardrail",
    "evaluator",
    "custom",
)

_COLOURS = "".join(f".prela .k-{kind}{{--kind:var(--{kind})}}\n" for kind in _KINDS)

SHEET = f"""\
.prela .head{{padding:2px 4px 10px}}
.prela .head>div:first-of-type{{font-size:16px}}
.prela .head .mark{{margin-right:6px}}
.prela .waterfall{{border:1px solid var(--line);border-radius:8px;overflow:hidden;
container-type:inline-size}}
.prela ul.rows{{list-style:none;margin:0;padding:0}}
.prela ul.rows>li{{position:relative;margin:0;padding:0;list-style:none}}
.prela ul.rows>li.flat{{content-visibility:auto;contain-intrinsic-size:auto 27px}}
.prela details{{margin:0;padding:0;border:0;background:none}}
.prela summary{{cursor:pointer;list-style:none;padding:0;margin:0;font-weight:inherit}}
.prela summary::-webkit-details-marker{{display:none}}
.prela summary:focus-visible{{outline:2px solid var(--focus);outline-offset:-2px;
border-radius:4px}}
.prela .row{{display:grid;align-items:center;column-gap:10px;padding:0 12px 0 0;
grid-template-rows:27px;
grid-template-columns:minmax(190px,38%) 1fr 62px 48px 62px}}
.prela .no-tokens .row,.prela .no-cost .row{{grid-template-columns:minmax(190px,38%) 1fr 62px 58px}}
.prela .no-tokens.no-cost .row{{grid-template-columns:minmax(190px,38%) 1fr 62px}}
.prela .no-tokens .tokens,.prela .no-cost .cost{{display:none}}
.prela summary.row:hover{{background:var(--soft)}}
.prela details[open]>summary.row{{background:var(--soft)}}
.prela .heading{{color:var(--dim);border-bottom:1px solid var(--line);font-size:12px;
grid-template-rows:24px}}
.prela .heading .label{{padding-left:12px}}
.prela .heading .bar span{{position:absolute;top:50%;transform:translateY(-50%);padding-left:3px;
white-space:nowrap}}
.prela .label{{display:flex;align-items:center;gap:6px;min-width:0;overflow:hidden;
padding-left:calc(var(--d)*14px + 26px)}}
.prela .label>*{{flex:none;white-space:nowrap}}
.prela .label .name{{flex:0 1 auto;overflow:hidden;text-overflow:ellipsis}}
.prela .label .detail{{flex:0 1000 auto;overflow:hidden;text-overflow:ellipsis}}
.prela .failed .name{{color:var(--bad)}}
.prela .kind{{font-size:10.5px;font-weight:600;letter-spacing:.02em;color:var(--kind);
border:1px solid color-mix(in srgb,var(--kind) 40%,transparent);border-radius:4px;padding:0 4px;
line-height:15px;background:color-mix(in srgb,var(--kind) 9%,transparent)}}
.prela .bar{{position:relative;align-self:stretch;background-image:repeating-linear-gradient(
to right,var(--line) 0 1px,transparent 1px var(--step))}}
.prela .b{{position:absolute;top:50%;height:11px;margin-top:-6px;min-width:3px;border-radius:3px;
background:var(--kind);overflow:hidden}}
.prela .failed .b{{background:var(--bad)}}
.prela .b.running{{background:linear-gradient(to right,var(--kind) 30%,transparent)}}
.prela .b u{{position:absolute;left:0;top:0;bottom:0;text-decoration:none;
background:color-mix(in srgb,var(--bg) 52%,transparent)}}
.prela .bar s,.prela .legend s{{position:absolute;bottom:3px;height:2px;min-width:1px;
background:var(--ink);text-decoration:none}}
.prela .legend s{{position:static;display:inline-block;width:18px;vertical-align:middle}}
.prela .figure{{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}}
.prela .heading .figure{{color:inherit}}
.prela .tokens,.prela .cost{{color:var(--dim)}}
.prela .message{{grid-column:1/-1;font-size:12px;white-space:nowrap;overflow:hidden;
text-overflow:ellipsis;padding:0 0 5px calc(var(--d)*14px + 26px);margin-top:-3px}}
.prela .waiting{{margin:0;padding:5px 12px;font-size:12px}}
.prela .left-out{{color:var(--dim);font-size:12px;
padding:4px 12px 6px calc(var(--d)*14px + 26px)!important}}
.prela .kids>summary{{position:absolute;top:4px;left:calc(var(--d)*14px + 7px);width:17px;
height:19px;border-radius:4px;color:var(--dim);display:flex;align-items:center;
justify-content:center}}
.prela .kids>summary:hover{{background:var(--line);color:var(--ink)}}
.prela .kids>summary::before,.prela .chunk>summary::before,.prela .more>summary::before{{
content:"";border:solid currentColor;border-width:0 1.5px 1.5px 0;width:5px;height:5px;
transform:rotate(-45deg);display:inline-block;margin-right:2px}}
.prela .kids[open]>summary::before,.prela .chunk[open]>summary::before,
.prela .more[open]>summary::before{{transform:translateY(-1.5px) rotate(45deg)}}
.prela .kids>ul::before{{content:"";position:absolute;top:27px;bottom:0;
left:calc(var(--d)*14px + 15px);border-left:1px solid var(--line);pointer-events:none;z-index:1}}
.prela .chunk>summary{{padding:4px 12px 4px calc(var(--d)*14px + 10px);color:var(--dim);
font-size:12px}}
.prela .chunk>summary::before,.prela .more>summary::before{{margin-right:8px}}
.prela .panel{{padding:8px 16px 14px calc(min(var(--d),8)*14px + 26px);
border-bottom:1px solid var(--line);background:var(--soft);font-size:12.5px}}
.prela .panel dl{{display:flex;flex-wrap:wrap;gap:2px 22px;margin:0 0 6px;padding:0}}
.prela .panel dl>div{{display:flex;gap:6px;min-width:0}}
.prela .panel dt{{color:var(--dim);font-weight:400;margin:0;padding:0;float:none;width:auto}}
.prela .panel dd{{margin:0;padding:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}}
.prela .panel h4{{font-size:12px;font-weight:600;margin:10px 0 3px;padding:0;color:var(--ink)}}
.prela .panel pre{{margin:0;padding:7px 10px;max-height:340px;overflow:auto;white-space:pre-wrap;
overflow-wrap:anywhere;background:var(--bg);border:1px solid var(--line);border-radius:6px;
line-height:1.5}}
.prela .panel pre:focus-visible{{outline:2px solid var(--focus)}}
.prela .panel p{{margin:3px 0}}
.prela .failure{{margin:0 0 8px}}
.prela .failure pre{{color:var(--bad);background:var(--bad-soft);
border-color:color-mix(in srgb,var(--bad) 35%,transparent)}}
.prela .said{{margin:0 0 8px}}
.prela .conversation{{display:grid;gap:6px}}
.prela .turn{{border-left:3px solid var(--turn,var(--custom));padding-left:9px}}
.prela .turn .role{{font-weight:600;font-size:11.5px;color:var(--turn,var(--custom))}}
.prela .turn.user{{--turn:var(--tool)}}.prela .turn.assistant{{--turn:var(--llm)}}
.prela .turn.tool{{--turn:var(--retrieval)}}
.prela .turn>*+pre,.prela .turn>*+.call{{margin-top:4px}}
.prela .turn>.more{{margin:2px 0 0}}
.prela .call b{{font-weight:600;font-size:12px}}
.prela .more{{margin-top:8px}}
.prela .more>summary{{color:var(--dim);font-size:12px}}
.prela .values{{display:grid;gap:3px;margin:4px 0 0 14px}}
.prela .values>div{{display:grid;grid-template-columns:minmax(120px,24%) 1fr;gap:10px}}
.prela .values .key{{color:var(--dim);overflow-wrap:anywhere}}
.prela .values code{{overflow-wrap:anywhere;padding:0}}
.prela .legend{{font-size:12px;padding-left:2px}}
@container (max-width:620px){{.prela .row{{grid-template-columns:minmax(150px,48%) 1fr 58px}}
.prela .no-tokens .row,.prela .no-cost .row{{grid-template-columns:minmax(150px,48%) 1fr 58px}}
.prela .tokens,.prela .cost,.prela .detail{{display:none}}}}
@container (max-width:420px){{.prela .row,.prela .no-tokens .row,.prela .no-cost .row{{
grid-template-columns:1fr 58px}}.prela .bar{{display:none}}}}
@media print{{.prela .waterfall{{overflow:visible}}.prela .panel pre{{max-height:none}}}}
{_COLOURS}"""
