"""Servers for the tests of a module, and what of these tests a deployment is asked."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import NewServer, Serve, serving

_HERE = Path(__file__).parent
_SAMPLED = {
    "test_bad_input",
    "test_encodings",
    "test_list_traces",
    "test_one_span",
    "test_otlp",
    "test_parts",
    "test_python_json",
    "test_search",
}
"""What these say of bodies and questions, roles apart read by the same lines as one process."""

_ONE_OF = 4
"""Of each of their tests a deployment is asked the first case and every fourth after it."""

_LONG = {
    "test_deletion",
    "test_keys",
    "test_list_traces",
    "test_one_span",
    "test_slow_and_broken_clients",
    "test_tenants",
}
"""What takes longest on a deployment comes first, for else it would be waited for in the end."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("pipeline") != "deployed":
        return
    items.sort(key=lambda item: item.path.stem not in _LONG)
    if os.environ.get("PRELA_TESTS") == "thorough":
        return
    seen: Counter[str] = Counter()
    for item in items:
        test, _, case = item.nodeid.partition("[")
        if item.path.parent != _HERE or item.path.stem not in _SAMPLED or not case:
            continue
        if seen[test] % _ONE_OF:
            reason = "read by the same lines as in one process, which is asked each"
            item.add_marker(pytest.mark.skip(reason=reason))
        seen[test] += 1


@pytest.fixture(scope="module")
def module_serve(
    tmp_path_factory: pytest.TempPathFactory, new_small_server: NewServer
) -> Iterator[Serve]:
    """Start servers that all tests of a module use."""
    with serving(lambda _: tmp_path_factory.mktemp("server") / "data", new_small_server) as serve:
        yield serve
