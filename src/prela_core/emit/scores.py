"""How good a step was: OpenTelemetry's event for the result of an evaluation."""

from __future__ import annotations

from typing import Any

__all__ = ["SCORE_EVENT", "score_attributes"]

SCORE_EVENT = "gen_ai.evaluation.result"
"""Event of the GenAI semantic conventions, as are the names of its attributes."""


def score_attributes(
    name: str, value: float | None, label: str | None, comment: str | None
) -> dict[str, Any]:
    """Give the attributes of a score; what is None is left out."""
    said = {
        "gen_ai.evaluation.name": name,
        "gen_ai.evaluation.score.value": value,
        "gen_ai.evaluation.score.label": label,
        "gen_ai.evaluation.explanation": comment,
    }
    return {key: one for key, one in said.items() if one is not None}
