from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.wire.json_frames import has_longer_list

documents = st.recursive(
    st.none() | st.integers() | st.text(st.sampled_from('a,"\\\\[]{}')),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


def commas_at(value: Any, level: int) -> int:
    """Count those between the items of all lists at `level`."""
    if level == 1:
        return max(len(value) - 1, 0) if isinstance(value, list) else 0
    inner = value if isinstance(value, list) else getattr(value, "values", list)()
    return sum(commas_at(each, level - 1) for each in inner)


@given(documents, st.integers(1, 4), st.integers(1, 6))
def test_lists_of_a_level_are_counted_together(document: Any, level: int, most: int) -> None:
    longer = commas_at(document, level) >= most
    assert longer == has_longer_list(json.dumps(document).encode(), level, most)


@pytest.mark.parametrize(
    "text", [b"", b'"', b"\\", b'["' + b'\\"' * 500_000, b"]}" * 9, b"[" * 99_999]
)
def test_what_is_no_json_gets_an_answer_in_no_time(text: bytes) -> None:
    assert not has_longer_list(b"," * 10 + text, 1, 10)
