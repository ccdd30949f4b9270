"""What a program says of its spans, whatever it gives: an argument of a wrong type is kept too.

While no tracer is set nothing is looked at. So a wrong argument would break a program only where
it is traced, and that is most often where it matters.
"""

from __future__ import annotations

from typing import Any

from prela_core.wire.encode import json_value

__all__ = ["given", "text_of"]


def text_of(value: object) -> str:
    """Give what should be a text as one."""
    return value if type(value) is str else str(json_value(value))


def given(attributes: Any) -> dict[str, Any]:
    """Give attributes in a dict of its own; what is no mapping is one of them, `attributes`."""
    if attributes is None:
        return {}
    try:
        return dict(attributes)
    except Exception:  # noqa: BLE001 - for the reason above
        return {"attributes": attributes}
