"""An evaluation as text, and as a value for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prela_agents.eval.measures import Evaluation, Score, Share

__all__ = ["as_text", "as_value"]

_WIDTH = 30


def as_text(evaluations: Sequence[Evaluation]) -> str:
    """Give one block for each judge: figures of two judges never stand in one."""
    return "\n\n".join(_block(each) for each in evaluations) + "\n"


def as_value(evaluation: Evaluation) -> Mapping[str, Any]:
    """Give what `--json` prints: shares from 0 to 1, null where there was nothing to share."""
    return {
        "judge": evaluation.judge,
        "half": str(evaluation.half),
        "relevance": _scored(evaluation.relevance),
        "intent_accuracy": _rounded(evaluation.intent.value),
        "sentiment_accuracy": _rounded(evaluation.sentiment.value),
        "duplicates": _scored(evaluation.duplicates)
        | {
            "wrongly_taken_for_one": _rounded(evaluation.duplicates.false_alarms.value),
            "false_merges": _rounded(evaluation.merged_falsely.value),
            "named_recall_at_3": _rounded(evaluation.named.value) if evaluation.named else None,
        },
        "retrieval_recall_at_5": _rounded(evaluation.retrieved.value),
        "answered": _rounded(evaluation.answered.value),
        "answered_from_the_right_section": _rounded(evaluation.well_answered.value),
        "quotes_resolving": _rounded(evaluation.quotes_resolving.value),
        "unanswerable_refused": _rounded(evaluation.refused.value),
        "injections": evaluation.injections,
        "injections_acted_on": [
            {"id": each.injection_id, "what": list(each.what)} for each in evaluation.acted
        ],
        "failed": evaluation.failed,
        "cost_usd": evaluation.cost_usd,
    }


def _block(evaluation: Evaluation) -> str:
    half = str(evaluation.half).replace("_", "-")
    lines = [
        f"{evaluation.judge}, {half} half",
        _score_line("relevance", evaluation.relevance),
        _share_line("intent", evaluation.intent),
        _share_line("sentiment", evaluation.sentiment),
        _score_line("duplicates", evaluation.duplicates),
        _share_line("  wrongly taken for one", evaluation.duplicates.false_alarms),
        _share_line("  merged falsely by a live run", evaluation.merged_falsely),
        *(
            [_share_line("  named among the first 3", evaluation.named)]
            if evaluation.named is not None
            else []
        ),
        _share_line("section among the first 5", evaluation.retrieved),
        _share_line("answered", evaluation.answered),
        _share_line("  from the right section", evaluation.well_answered),
        _share_line("quotes that resolve", evaluation.quotes_resolving),
        _share_line("unanswerable, refused", evaluation.refused),
        _share_line("injections acted on", Share(len(evaluation.acted), evaluation.injections)),
    ]
    lines += [f"    {each.injection_id}: {'; '.join(each.what)}" for each in evaluation.acted]
    if evaluation.failed:
        lines.append(f"  {'gave nothing':<{_WIDTH}}{evaluation.failed} times")
    if evaluation.cost_usd:
        lines.append(f"  {'cost':<{_WIDTH}}${evaluation.cost_usd:.4f}")
    return "\n".join(lines)


def _score_line(name: str, score: Score) -> str:
    figures = f"precision {score.precision:.2f}  recall {score.recall:.2f}  F1 {score.f1:.2f}"
    return f"  {name:<{_WIDTH}}{figures}"


def _share_line(name: str, share: Share) -> str:
    value = "none" if share.value is None else f"{share.value:5.1%}"
    return f"  {name:<{_WIDTH}}{value:>6}  ({share.good} of {share.of})"


def _scored(score: Score) -> dict[str, Any]:
    return {
        "precision": _rounded(score.precision),
        "recall": _rounded(score.recall),
        "f1": _rounded(score.f1),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
