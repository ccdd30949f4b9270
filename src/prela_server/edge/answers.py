"""Answers as JSON."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

__all__ = ["json_answer"]

_encode = msgspec.json.Encoder().encode


def json_answer(value: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Answer with `value`, which may hold attrs classes, datetimes and `Raw` JSON."""
    return Response(_encode(value), status, media_type="application/json")
