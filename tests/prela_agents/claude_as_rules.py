"""What the stand-in for Claude answers where it is to answer as the rules would."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from prela_agents import amplifier, scout, sentinel
from prela_agents.models.rules import Rules
from prela_agents.models.schema import faults

__all__ = ["as_rules_would"]

_RULES: Rules = {**scout.RULES, **sentinel.RULES, **amplifier.RULES}


def as_rules_would(inputs: Any, schema: Mapping[str, Any]) -> Any:
    """Answer by whichever rule takes such inputs and gives what the schema asks for."""
    for rule in _RULES.values():
        with suppress(KeyError, TypeError, AttributeError, ValueError):
            value = rule(inputs)
            if not any(faults(value, schema)):
                return value
    raise LookupError(f"no rule takes {inputs}")
