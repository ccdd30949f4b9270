"""The words senders use for types and statuses, as tables."""

from __future__ import annotations

from prela_core.model import SpanType, Status

__all__ = ["SPAN_TYPES", "STATUSES", "span_type_of", "status_of"]

SPAN_TYPES: dict[str, str] = {word.value: word.value for word in SpanType}

STATUSES: dict[str, str] = {
    word: status.value
    for status, words in {
        Status.SUCCESS: ("success", "ok", "completed", "complete", "succeeded", "done"),
        Status.ERROR: ("error", "failed", "failure", "err", "exception"),
        Status.PENDING: ("pending", "running", "started", "in_progress", "unset", ""),
    }.items()
    for word in words
}


def status_of(word: str) -> str | None:
    """Give the status that `word` means, in any letter case; None for an unknown word."""
    return STATUSES.get(word.lower())


def span_type_of(word: str) -> str | None:
    """Give the type that a sent `word` means, in any letter case: "" for "", None for an unknown.

    Spans of an unknown type are stored as `custom`.
    """
    return SPAN_TYPES.get(word.lower()) if word else ""
