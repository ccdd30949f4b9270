from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.conftest import NewServer, Serve, serving


@pytest.fixture(scope="module")
def module_serve(
    tmp_path_factory: pytest.TempPathFactory, new_server: NewServer
) -> Iterator[Serve]:
    """Start servers that all tests of a module use."""
    with serving(lambda _: tmp_path_factory.mktemp("server") / "data", new_server) as serve:
        yield serve
