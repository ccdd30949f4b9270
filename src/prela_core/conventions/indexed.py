"""Messages and documents that were flattened into `prefix.N.rest` attributes.

OpenInference writes `llm.input_messages.0.message.role`, OpenLLMetry `gen_ai.prompt.0.role`,
since an OpenTelemetry attribute could not be nested for long. They become a JSON list again,
in the order of N, each object keyed by what follows N.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from prela_core.model import SpanRecord

__all__ = ["indexed"]

_MAX_DIGITS = 9
_WRAPPERS = ("message.", "document.")
"""What OpenInference repeats in every key of one message or document."""


def indexed(prefix: str, attributes: dict[str, Raw], _record: SpanRecord) -> str | None:
    """Collect the attributes under `prefix`, which ends with a dot, into a compact JSON list."""
    found: dict[int, dict[str, Raw]] = {}
    for key, raw in attributes.items():
        if not key.startswith(prefix):
            continue
        number, dot, rest = key[len(prefix) :].partition(".")
        if not (dot and rest and len(number) <= _MAX_DIGITS):
            continue
        if not (number.isascii() and number.isdigit()):
            continue
        for wrapper in _WRAPPERS:
            if rest.startswith(wrapper) and rest != wrapper:
                rest = rest[len(wrapper) :]
                break
        found.setdefault(int(number), {})[rest] = raw
    if not found:
        return None
    return msgspec.json.encode([found[number] for number in sorted(found)]).decode(errors="replace")
