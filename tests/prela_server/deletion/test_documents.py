"""What is read as a deletion, and what is no JSON."""

from __future__ import annotations

import pytest

from prela_core.errors import MalformedError
from prela_server.deletion.documents import deletion_request


@pytest.mark.parametrize("body", [b"", b"{", b'"\xff"', b"[" * 5_000 + b"]" * 5_000])
def test_what_is_no_json_is_said(body: bytes) -> None:
    with pytest.raises(MalformedError, match="not valid JSON"):
        deletion_request(body, project_id="p", deletion_id="d", asked_at=0)
