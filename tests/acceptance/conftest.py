from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.conftest import Serve, Server


@pytest.fixture(scope="module")
def module_serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start servers that all tests of a module use."""
    started: list[Server] = []

    def serve(*arguments: str, **settings: str) -> Server:
        one = Server(tmp_path_factory.mktemp("server") / "data", settings, arguments)
        started.append(one)
        return one.start()

    try:
        yield serve
    finally:
        for one in started:
            one.end()
