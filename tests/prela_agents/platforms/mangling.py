"""Bodies of answers with something else in one place."""

from __future__ import annotations

import json
import random
from typing import Any

_LEAVES = [
    *[None, True, 0, -1, 2**63, 2**70, 1e300, -1e300, 0.5, "", "x", "-1", "9" * 25, "\ud83d\ude00"],
    *["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-01T00:00:00", [], {}],
    *[[[]], {"a": None}, "http://[", "javascript:alert(1)", "\x00", "</script>"],
]


def _mangled(dice: random.Random, value: Any) -> Any:
    """Put something else in one place of a JSON value."""
    if not isinstance(value, dict | list) or not value or dice.random() < 0.1:
        return dice.choice(_LEAVES)
    inside = list(value.items() if isinstance(value, dict) else enumerate(value))
    key, chosen = dice.choice(inside)
    if isinstance(value, dict):
        return {**value, key: _mangled(dice, chosen)}
    return [*value[:key], _mangled(dice, chosen), *value[key + 1 :]]


def mangled(dice: random.Random, body: bytes) -> bytes:
    """Put something else in one place of a body: of its JSON, or of its bytes."""
    try:
        return json.dumps(_mangled(dice, json.loads(body))).encode()
    except ValueError:
        at = dice.randrange(len(body) + 1)
        return body[:at] + dice.randbytes(8) + body[at + dice.randrange(8) :]
